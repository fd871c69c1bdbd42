"""Simulator: a loopback server that speaks the wire protocols of OpenAI, AWS Bedrock and IBM watsonx.ai.

No model is behind it: the answers were written beforehand.

    from simulator import Simulator

    with Simulator() as sim:
        client = openai.OpenAI(base_url=f"{sim.url}/v1", api_key="any")

or `python -m simulator`. The vendors' own SDKs work unchanged: OpenAI chat completions and Responses; Bedrock
ConverseStream, Converse, InvokeModelWithResponseStream and InvokeModel (Anthropic messages bodies); watsonx.ai text
chat and text generation, by model or deployment, streamed and whole; the token exchange and the model lists that
these SDKs need. IBM's SDKs want HTTPS: `sim.tls_url`, whose certificate authority is in `sim.ca_file`.

It is as strict as the services: wrong paths, missing credentials and malformed requests get the vendor's own
error. It accepts every key, except one with `wrong` in it, and every model id. One piece of an answer is one token.

**Speeds**, anywhere in a model id, the same for all vendors; the seconds count from the request:

- `sim-brisk`: first piece after about 0.4 s, then 45 a second; also where only a fault is named
- `sim-typical`: as slow as large models are; the cricket answer takes 20 to 30 s
- `sim-fast`, `sim-slow`, `sim-instant`
- `sim-{N}x{RATE}`: exactly N numbered pieces at exactly RATE a second, or `max`: `sim-500x50`, `sim-2000xmax`

Any other id is answered in its vendor's words and at its vendor's speed. These were chosen, not measured, so that
answers side by side differ, and none of the three is first at everything.

- OpenAI: first piece after about 0.6 s, then 40 a second
- Bedrock: first piece after about 1 s, then 60 a second
- watsonx.ai: first piece after about 0.3 s, then 32 a second

A streamed answer's headers and first, empty event come at half the time of the first piece. A call that does
not stream is answered when the streamed answer would have ended.

**Faults**, `sim-fault-NAME` anywhere in a model id, in the vendor's own words, alone or with a speed
(`sim-fault-cut.sim-instant`). `N` and `CODE` stand for a number or a word of your choice.

{faults}

**Quirks**, `sim-quirk-NAME`: what servers do that are compatible with OpenAI's in most respects.

{quirks}
"""

from simulator import quirks
from simulator.canned.texts import PROMPTS
from simulator.faults import listing
from simulator.log import Exchange
from simulator.server import Simulator

__doc__ = (__doc__ or "").replace("{faults}", listing().strip()).replace("{quirks}", quirks.listing().strip())
__all__ = ["PROMPTS", "Exchange", "Simulator"]
