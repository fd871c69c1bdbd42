"""AWS Bedrock: ConverseStream for every model, InvokeModelWithResponseStream for Anthropic's messages body."""
