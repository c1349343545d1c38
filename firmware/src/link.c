#include "link.h"

#include "crc32.h"
#include "mmio.h"
#include "print.h"
#include "system.h"
#include "uart.h"

#define HEAD_BYTES 2u /* sequence number; operation or status */
#define WORD_BYTES 4u
#define READ_BYTES (WORD_BYTES + 1u)
#define MAX_CONTENT_BYTES (WORD_BYTES + WORD_BYTES * SF_LINK_MAX_WORDS)
#define MIN_FRAME_BYTES (HEAD_BYTES + SF_LINK_CRC_BYTES)
#define MAX_FRAME_BYTES (HEAD_BYTES + MAX_CONTENT_BYTES + SF_LINK_CRC_BYTES)
#define IMAGE_WORDS 2u /* of an answer: status, CRC-32 of the lines */

/* A frame as far as it has come, without escapes. Bytes past its room are counted, once, but not kept. */
static struct {
    uint8_t bytes[MAX_FRAME_BYTES];
    uint32_t length, turned; /* `turned`: what is turned over in the next byte, as ESCAPE came before it */
} frame;

/* The last request served, and its answer but for the words of a READ. */
static struct {
    int any, running; /* `running`: an image, which has not ended */
    uint8_t sequence, status;
    uint32_t count, words[IMAGE_WORDS];
} last;

SF_STATIC_ASSERT(SF_LINK_CRC_BYTES == WORD_BYTES, "the CRC is read as a word");

static uint32_t get_word(const uint8_t *bytes)
{
    return bytes[0] | (uint32_t)bytes[1] << 8 | (uint32_t)bytes[2] << 16 | (uint32_t)bytes[3] << 24;
}

/* Take what has come up to the end of a frame. Returns the length of a complete frame whose length and CRC are right, or 0 when no byte is left. This is
   the loop that must keep up with the line. */
static uint32_t receive(void)
{
    uint32_t length = frame.length, turned = frame.turned;
    for (;;) {
        const uint32_t received = mmio_read(SF_UART_BASE, SF_UART_RECEIVE);
        const uint32_t byte = received & 0xffu;
        if (!(received >> SF_UART_RECEIVE_VALID & 1u)) break;
        if (byte == SF_LINK_ESCAPE) {
            turned = SF_LINK_ESCAPE_BIT;
        } else if (byte != SF_LINK_FLAG) {
            if (length < MAX_FRAME_BYTES) frame.bytes[length] = (uint8_t)(byte ^ turned);
            length += length <= MAX_FRAME_BYTES;
            turned = 0;
        } else {
            const uint32_t complete = length;
            length = turned = 0;
            if (complete >= MIN_FRAME_BYTES && complete <= MAX_FRAME_BYTES) {
                const uint32_t covered = complete - SF_LINK_CRC_BYTES;
                if (crc32_bytes(0, frame.bytes, covered) == get_word(frame.bytes + covered)) {
                    frame.length = frame.turned = 0;
                    return complete;
                }
            }
        }
    }
    frame.length = length;
    frame.turned = turned;
    return 0;
}

static void put_word(uint8_t *bytes, uint32_t word)
{
    for (uint32_t i = 0; i < WORD_BYTES; ++i) bytes[i] = (uint8_t)(word >> 8u * i);
}

static void put_escaped(uint8_t byte)
{
    if (byte == SF_LINK_FLAG || byte == SF_LINK_ESCAPE) {
        uart_put(SF_LINK_ESCAPE);
        byte ^= SF_LINK_ESCAPE_BIT;
    }
    uart_put(byte);
}

/* Send the last request's status and `count` words, from the place of the frame. */
static void answer(uint8_t sequence, const uint32_t *words, uint32_t count)
{
    const uint32_t covered = HEAD_BYTES + WORD_BYTES * count;
    frame.bytes[0] = sequence;
    frame.bytes[1] = last.status;
    for (uint32_t i = 0; i < count; ++i) put_word(frame.bytes + HEAD_BYTES + WORD_BYTES * i, words[i]);
    put_word(frame.bytes + covered, crc32_bytes(0, frame.bytes, covered));
    uart_put(SF_LINK_FLAG);
    for (uint32_t i = 0; i < covered + SF_LINK_CRC_BYTES; ++i) put_escaped(frame.bytes[i]);
    uart_put(SF_LINK_FLAG);
}

/* How many words there are from an address on to the end of its region, whose base goes to `base`: none where the host has no access, as to the boot RAM
   and the serial port, which are the server's own. So no access of the server fails. */
static uint32_t reachable(uint32_t address, uint32_t *base)
{
    const struct {
        uint32_t base, words;
    } regions[] = {
        {SF_MEMORY_BASE, system_memory_words()},
        {SF_TIMER_BASE, SF_TIMER_SIZE / WORD_BYTES},
        {SF_SYSTEM_BASE, SF_SYSTEM_SIZE / WORD_BYTES},
        {SF_FABRIC_BASE, SF_FABRIC_SIZE / WORD_BYTES},
    };
    for (uint32_t i = 0; i < sizeof regions / sizeof regions[0]; ++i) {
        const uint32_t index = (address - regions[i].base) / WORD_BYTES;
        *base = regions[i].base;
        if (index < regions[i].words) return regions[i].words - index;
    }
    return 0;
}

/* Read `count` words, or write those that come as bytes. Returns the status. */
static uint8_t access(uint32_t address, uint32_t count, uint32_t *words, const uint8_t *written)
{
    if (address % WORD_BYTES) return SF_LINK_STATUS_REFUSED;
    uint32_t base;
    const uint32_t there = reachable(address, &base), index = (address - base) / WORD_BYTES;
    for (uint32_t i = 0; i < count; ++i) {
        if (i == there) return SF_LINK_STATUS_FAULT;
        if (written) mmio_write(base, index + i, get_word(written + WORD_BYTES * i));
        else words[i] = mmio_read(base, index + i);
    }
    return SF_LINK_STATUS_OK;
}

static void end_image(enum sf_status status)
{
    last.running = 0;
    last.status = SF_LINK_STATUS_OK;
    last.words[0] = status;
    last.words[1] = print_take_crc();
    last.count = IMAGE_WORDS;
}

/* Carry out the request in the frame, with so many bytes of content; the words of a READ go to `words`. Returns their number, or 0. */
static uint32_t carry_out(uint32_t length, uint32_t *words, link_runner run)
{
    const uint8_t operation = frame.bytes[1], *const content = frame.bytes + HEAD_BYTES;
    const uint32_t more = length - WORD_BYTES; /* bytes behind the address; great when there is none */
    last.status = SF_LINK_STATUS_REFUSED;
    last.count = 0;
    if (operation == SF_LINK_OP_READ && length == READ_BYTES) {
        const uint32_t count = content[WORD_BYTES];
        if (!count || count > SF_LINK_MAX_WORDS) return 0;
        last.status = access(get_word(content), count, words, 0);
        return last.status == SF_LINK_STATUS_OK ? count : 0;
    }
    if (operation == SF_LINK_OP_WRITE && more && more % WORD_BYTES == 0 && more <= WORD_BYTES * SF_LINK_MAX_WORDS) {
        last.status = access(get_word(content), more / WORD_BYTES, 0, content + WORD_BYTES);
    } else if (operation == SF_LINK_OP_IMAGE && !length) {
        print_take_crc();
        last.running = 1;
        end_image(run());
    }
    return 0;
}

void link_poll(link_runner run)
{
    static uint32_t words[SF_LINK_MAX_WORDS];
    if (last.running) { /* an exception ended it */
        end_image(SF_ERROR_TRAP);
        answer(last.sequence, last.words, last.count);
    }
    const uint32_t length = receive();
    if (!length) return;
    const uint8_t sequence = frame.bytes[0], operation = frame.bytes[1];
    const int repeated = last.any && last.sequence == sequence && (operation == SF_LINK_OP_WRITE || operation == SF_LINK_OP_IMAGE);
    uint32_t count = 0;
    if (!repeated) {
        last.any = 1;
        last.sequence = sequence;
        count = carry_out(length - MIN_FRAME_BYTES, words, run);
    }
    if (count) answer(sequence, words, count);
    else answer(sequence, last.words, last.count);
}

_Noreturn void link_serve(link_runner run)
{
    for (;;) link_poll(run);
}
