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

static void put_escaped(uint8_t byte)
{
    if (byte == SF_LINK_FLAG || byte == SF_LINK_ESCAPE) {
        uart_put(SF_LINK_ESCAPE);
        byte ^= SF_LINK_ESCAPE_BIT;
    }
    uart_put(byte);
}

/* Send bytes, and return `crc` with them behind what it is of. */
static uint32_t put_bytes(uint32_t crc, const uint8_t *bytes, uint32_t count)
{
    for (uint32_t i = 0; i < count; ++i) put_escaped(bytes[i]);
    return crc32_bytes(crc, bytes, count);
}

static uint32_t put_word(uint32_t crc, uint32_t word)
{
    const uint8_t bytes[WORD_BYTES] = {(uint8_t)word, (uint8_t)(word >> 8), (uint8_t)(word >> 16), (uint8_t)(word >> 24)};
    return put_bytes(crc, bytes, WORD_BYTES);
}

static void answer(uint8_t sequence, uint8_t status, const uint32_t *words, uint32_t count)
{
    const uint8_t head[HEAD_BYTES] = {sequence, status};
    uart_put(SF_LINK_FLAG);
    uint32_t crc = put_bytes(0, head, HEAD_BYTES);
    for (uint32_t i = 0; i < count; ++i) crc = put_word(crc, words[i]);
    put_word(0, crc);
    uart_put(SF_LINK_FLAG);
}

/* Base of the region of a word that the host may access; 0 for all others. The boot RAM and the serial port are the server's own. */
static uint32_t base_of(uint32_t address)
{
    static const uint32_t windows[][2] = {
        {SF_TIMER_BASE, SF_TIMER_SIZE}, {SF_SYSTEM_BASE, SF_SYSTEM_SIZE}, {SF_FABRIC_BASE, SF_FABRIC_SIZE}};
    for (uint32_t i = 0; i < sizeof windows / sizeof windows[0]; ++i)
        if (address - windows[i][0] < windows[i][1]) return windows[i][0];
    return (address - SF_MEMORY_BASE) / WORD_BYTES < system_memory_words() ? SF_MEMORY_BASE : 0;
}

/* Read or write a word. Returns whether that was possible; the fabric's fault, which the host looks for, stays. */
static int access(uint32_t address, uint32_t *word, int write)
{
    const uint32_t base = base_of(address), index = (address - base) / WORD_BYTES;
    if (!base) return 0;
    if (write) mmio_write(base, index, *word);
    else *word = mmio_read(base, index);
    return 1;
}

/* Read or write words; those written come from the frame. */
static uint8_t access_all(uint32_t address, uint32_t *words, uint32_t count, const uint8_t *written)
{
    if (address % WORD_BYTES) return SF_LINK_STATUS_REFUSED;
    for (uint32_t i = 0; i < count; ++i) {
        if (written) words[i] = get_word(written + WORD_BYTES * i);
        if (!access(address + WORD_BYTES * i, words + i, written != 0)) return SF_LINK_STATUS_FAULT;
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
        last.status = access_all(get_word(content), words, count, 0);
        return last.status == SF_LINK_STATUS_OK ? count : 0;
    }
    if (operation == SF_LINK_OP_WRITE && more && more % WORD_BYTES == 0 && more <= WORD_BYTES * SF_LINK_MAX_WORDS) {
        last.status = access_all(get_word(content), words, more / WORD_BYTES, content + WORD_BYTES);
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
        answer(last.sequence, last.status, last.words, last.count);
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
    if (count) answer(sequence, last.status, words, count);
    else answer(sequence, last.status, last.words, last.count);
}

_Noreturn void link_serve(link_runner run)
{
    for (;;) link_poll(run);
}
