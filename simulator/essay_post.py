"""A long text with headings, lists and a quotation, for answers that take their time."""

TEXT = """\
# The post: how a letter learned to travel

For most of history a message moved only as fast as the person who carried it. The story of the post is the \
story of making that journey regular, then cheap, and at last open to everyone. Each of these steps was \
taken against the advice of people who were sure that it could not pay.

## Roads for kings

The oldest postal systems served rulers and nobody else. In the fifth century BC the Persian kings kept a \
chain of mounted couriers along the Royal Road between Sardis and Susa. Stations stood a day's ride apart, \
with fresh horses and men waiting. The Greek historian Herodotus, who had no love for the Persian court, was \
impressed all the same:

> Neither snow, nor rain, nor heat, nor darkness of night prevents these couriers from completing their \
appointed stages with utmost speed.

Twenty-four centuries later a version of this sentence was carved over the columns of New York's main post \
office, where many people take it for the official motto of the American mail. It never was.

Rome built the same thing on a larger scale. Under Augustus the *cursus publicus* linked the provinces by \
relays of riders and carts on paved roads. A permit was needed to use it, and permits were precious: the \
letters of Pliny the Younger include a careful apology to the emperor Trajan for having given one to his own \
wife, who had to travel to her family after a death. Trajan forgave him.

China, the caliphs in Baghdad and the Mongol khans ran relays of their own. Marco Polo told of post houses \
across the Great Khan's lands with many thousands of horses. In the Andes, the Inca state had no horses at \
all, and its runners, the *chasquis*, passed messages along mountain roads on foot, with knotted cords for a \
memory.

## A business for a family

In the Middle Ages whoever was not a king helped himself. Universities kept messengers so that students \
could write home for money. Monasteries sent rolls from house to house. Merchants of Venice and the Hanse \
ran couriers between their offices, because to know a price a day early was worth more than the rider's \
wage.

The change came around 1490, when the Habsburg ruler Maximilian gave the work of carrying his mail to a \
family from the hills near Bergamo. The Tassos, later *Thurn und Taxis*, put horses at fixed distances \
between Innsbruck and the Low Countries and published what a stage should take. They carried the emperor's \
letters first. Before long they carried anyone's who paid, and that was where the profit lay.

Three ideas of theirs have outlived them:

1. **A timetable.** Riders left at a set hour, whether the bag was full or not.
2. **Relays.** The letter travelled without a pause; only horses and riders rested.
3. **A tariff.** The price depended on distance and weight, and not on who was asking.

The family held its privileges, in shrinking pieces, until Prussia bought the last of them out in 1867.

## What a letter cost

By the eighteenth century most European states had taken the post into their own hands and discovered that \
it was a pleasant way to raise money. Prices rose with every war. In Britain in the 1830s a letter from \
London to Edinburgh cost more than a shilling, a good part of a labourer's daily wage, and usually the \
person who *received* it had to pay.

People found their ways around that. Newspapers travelled free, so friends pricked pinholes under printed \
letters to spell out a message. Members of Parliament could send mail without charge, and signed covers for \
everyone they knew. Families agreed on signs to be put on the outside of a letter: the receiver looked, \
understood, and refused to take it.

| Problem | What people did about it |
|---|---|
| Price rose with distance | Carried letters privately for friends |
| Receiver paid | Read the outside and sent it back |
| Every sheet was charged | Wrote across the page in two directions |

## One penny

Rowland Hill was a schoolmaster with a taste for reform. In 1837 he published a pamphlet with a simple \
calculation: the cost of moving a letter between two towns was so small that it hardly mattered how far it \
went. What cost money was the clerk, who had to work out the charge for each letter, and the postman, who \
had to wait at each door to be paid. Hill proposed to drop both. Let one price hold for the whole country, \
he wrote, and let the sender pay it beforehand.

The Post Office was appalled. One senior official called it the most extravagant of all the wild schemes he \
had ever heard of. Merchants and newspapers loved it, petitions filled the House of Commons, and on 10 \
January 1840 the uniform penny post began. In May came the proof of payment: a small black label with the \
young Queen's head on it. The *Penny Black* was the first adhesive postage stamp, and because it was the \
first, it did not name its country. British stamps still don't.

The number of letters more than doubled within a year. Income took decades to recover, which the critics had \
foretold; trade, family life and literacy gained at once, which they had not.

## One territory

Across borders the old confusion went on. A letter from one country to another might be charged by four \
different tariffs, each with its own unit of weight. Heinrich von Stephan, head of the German post, and \
others before him proposed to treat the world as a single postal territory. In 1874 delegates of twenty-two \
countries met in Bern and signed a treaty that said three surprising things:

- there should be roughly one price for a letter to any member country;
- foreign mail should be treated as one's own;
- each country should **keep the money it collected**, on the theory that most letters are answered.

The Universal Postal Union works to this day and is among the oldest international organisations. Its \
members have fought wars with each other and gone on exchanging mail through neutral neighbours.

## Faster

Every new engine was soon put to carrying letters. Mail coaches with armed guards ran in Britain from 1784. \
Railways carried sorting offices in which clerks worked through the night. The Pony Express crossed the \
American West in about ten days, became a legend, and lasted for only eighteen months: the telegraph reached \
California in October 1861 and it closed. In 1911 a young pilot named Henri Pequet flew six thousand letters \
across the Yamuna at Allahabad in thirteen minutes, the first official airmail.

Paris, in love with speed, blew its letters through pneumatic tubes below the streets until 1984.

## What is left of it

Electronic mail has taken the letter's place almost wholly. In many countries the number of letters has \
fallen by half or more since the turn of the century, and Denmark's national post, after four hundred years, \
delivered its last ones at the end of 2025. Parcels keep the vans full.

Yet the ideas have not gone. A network today is built of relays; its messages carry an address on the \
outside and the content within; the price does not depend on distance; every operator accepts the others' \
traffic as its own. Engineers even took over the words *packet*, *address*, *mailbox* and *post*. The \
couriers on the Royal Road would not understand the machines. They would know at once what they are for.
"""
