"""Random injection programs, packets and configuration images for the I/O tile's benches, with what must become of them."""

from chips import chip_of_run
from shiftfire_spec.address import CONFIG_ADDRESS, IO_CONFIG_TILE, Space
from shiftfire_spec.inject import INJECT_BEGIN, INJECT_EVENT, INJECT_PLAY, ROOM, STORE, InjectOp
from shiftfire_spec.packet import AXON_BITS, FLIT, PAYLOAD_BITS, TAG_BITS, Kind

REGISTER_WORDS = 16  # of a tile on the bench's chain


def packet_words(rng, tag, events):
    """Injection words of a vector's packets, and the flits that they must become on stream ``tag``."""
    words, flits = [], []
    for index in range(events + 1):
        end = index == events
        axon, payload = rng.getrandbits(AXON_BITS), rng.getrandbits(PAYLOAD_BITS)
        words.append(INJECT_EVENT.pack(op=InjectOp.END if end else InjectOp.EVENT, axon=axon, payload=payload))
        flits.append(FLIT.pack(kind=Kind.END if end else Kind.SPIKE, tag=tag, axon=axon, payload=payload))
    return words, flits


def begin_words(tag, mask):
    return [INJECT_BEGIN.pack(op=InjectOp.BEGIN, tag=tag), mask]


def vector_program(rng, tag, mask, events):
    """Injection words of one vector, and the flits that they must become."""
    words, flits = packet_words(rng, tag, events)
    return [*begin_words(tag, mask), *words], flits


def odd_words(rng, ops, most):
    """Up to ``most`` words with one of ``ops``, the other bits random."""
    return [odd_word(rng, rng.choice(ops)) for _ in range(rng.randint(0, most))]


def odd_word(rng, op):
    """A word with ``op``, the other bits random, but for that which makes a wait of a PLAY."""
    waits = op == InjectOp.PLAY and chip_of_run().timed_inputs
    return rng.getrandbits(32) & ~3 & ~(INJECT_PLAY.pack(wait=1) if waits else 0) | op


def with_odd_words(rng, words, ops):
    """``words`` with words of ``ops`` before and between them, which must be lost where they are."""
    return [word for right in words for word in (*odd_words(rng, ops, rng.choice((0, 0, 1, 3))), right)]


def play_words(rng, address, *, more=0, wait=0):
    """INJECT_PLAY and its address, with random bits past the fields of both."""
    chip, past = chip_of_run(), rng.getrandbits(32) >> INJECT_PLAY.bits << INJECT_PLAY.bits
    high = rng.getrandbits(32) >> chip.memory_address_bits << chip.memory_address_bits
    return [INJECT_PLAY.pack(op=InjectOp.PLAY, more=more, wait=wait) | past, address | high]


def wait_words(rng, cycle):
    """A wait for ``cycle``, with any ``more``, and any bits past the fields."""
    return [play_words(rng, 0, more=rng.getrandbits(1), wait=1)[0], cycle]


def random_flit(rng, kind, tags):
    return FLIT.pack(kind=kind, tag=rng.choice(tags), axon=rng.getrandbits(AXON_BITS), payload=rng.getrandbits(PAYLOAD_BITS))


def random_output(rng, count, ends, tags=range(1 << TAG_BITS)):
    """Flits from the mesh: SPIKEs, with END packets in between, the last one at the end."""
    kinds = [Kind.SPIKE] * (count - ends) + [Kind.END] * (ends - 1)
    rng.shuffle(kinds)
    return [random_flit(rng, kind, tags) for kind in [*kinds, Kind.END]]


def event_word(flit):
    """The INJECT_EVENT word that stores a packet."""
    packet = FLIT.unpack(flit)
    return INJECT_EVENT.pack(op=packet["kind"], axon=packet["axon"], payload=packet["payload"])


def random_image(rng, tiles, entries, reads):
    """Entries, the writes that the tiles must see in order, and the values of the reads in order."""
    image, words, writes, values = [], {}, [], []
    for _ in range(entries):
        place, data = (rng.randrange(tiles), rng.randrange(REGISTER_WORDS)), rng.getrandbits(32)
        read = rng.random() < reads
        image.append((CONFIG_ADDRESS.pack(read=int(read), tile=place[0], offset=place[1]), data))
        if read:
            values.append(words.get(place, 0))
        else:
            words[place] = data
            writes.append((*place, data))
    return image, writes, values


def store_entry(tag, address, enable=1):
    return CONFIG_ADDRESS.pack(tile=IO_CONFIG_TILE, space=Space.STORE, offset=tag), STORE.pack(address=address, enable=enable)


def room_entry(tag, words):
    return CONFIG_ADDRESS.pack(tile=IO_CONFIG_TILE, space=Space.ROOM, offset=tag), ROOM.pack(words=words)


def random_table_entry(rng, regions):
    """An entry for the I/O tile: any space and offset, often past the table, now and then a read; any data."""
    offset = rng.choice((rng.randrange(regions), rng.randrange(2 * regions), rng.getrandbits(CONFIG_ADDRESS.field("offset").bits)))
    read, space = int(rng.random() < 0.1), rng.choice((Space.STORE, Space.ROOM, Space.STORE, Space.ROOM, *Space))
    return CONFIG_ADDRESS.pack(read=read, tile=IO_CONFIG_TILE, space=space, offset=offset), rng.getrandbits(32)
