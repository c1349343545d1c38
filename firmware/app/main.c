/* Runs the program image in main memory and compares its predictions with those expected, tells the outside how that ended, and then serves a host
   over the link for ever. Without an image, which is when the first word of main memory is 0, it serves at once.

   Lines on the serial port, for people and programs; a host that asks for an image gets them from `contract` to `end`:

     contract FINGERPRINT
     chip WIDTH HEIGHT memory WORDS clock KHZ
     image NAME words WORDS runs RUNS
     config entries ENTRIES cycles CYCLES
     run RUN samples SAMPLES cycles CYCLES packets PACKETS
     sample RUN SAMPLE predicted CLASS expected CLASS
     counter RUN TILE NAME VALUE
     error: SENTENCE (at ADDRESS)
     end STATUS: SENTENCE
     no image: waiting for a host
*/
#include <stdint.h>

#include "image.h"
#include "io_tile.h"
#include "link.h"
#include "mmio.h"
#include "print.h"
#include "readout.h"
#include "status.h"
#include "system.h"
#include "uart.h"

/* Main memory behind the image, in words: configuration images that clear and read the counters, the values read, sums, packets. */
struct layout {
    uint32_t clear, read, values, sums, packets;
};

static volatile uint32_t *const memory = (volatile uint32_t *)(uintptr_t)SF_MEMORY_BASE;
static const char *const counter_names[SF_COUNTERS] = {SF_COUNTER_NAMES};

static void print_pair(const char *name, uint32_t number)
{
    print(name);
    print_number(number);
}

/* Places behind the image for a run; SF_ERROR_MEMORY when there is no room. */
static enum sf_status lay_out(const struct image *image, uint32_t run, uint32_t tiles, uint32_t memory_words, struct layout *layout)
{
    layout->clear = image->size;
    layout->read = layout->clear + io_tile_clear_words(tiles);
    layout->values = layout->read + io_tile_read_words(tiles);
    layout->sums = layout->values + tiles * SF_COUNTERS;
    layout->packets = layout->sums + readout_words(image, image_run(image, run, SF_RUN_SAMPLES));
    if (layout->packets > memory_words) return SF_ERROR_MEMORY; /* nothing above can wrap: every part is bounded far below 2^32 */
    return image_run(image, run, SF_RUN_PACKETS) <= (memory_words - layout->packets) / 2u ? SF_OK : SF_ERROR_MEMORY;
}

static void print_counters(uint32_t run, uint32_t tiles, const struct layout *layout)
{
    for (uint32_t tile = 0; tile < tiles; ++tile) {
        for (uint32_t number = 0; number < SF_COUNTERS; ++number) {
            print_pair("counter ", run);
            print_pair(" ", tile);
            print(" ");
            print(counter_names[number]);
            print_pair(" ", memory[layout->values + tile * SF_COUNTERS + number]);
            print("\n");
        }
    }
}

/* Predictions of a run; returns how many are wrong. */
static uint32_t print_samples(const struct image *image, uint32_t run, uint32_t packets, const struct layout *layout)
{
    const uint32_t samples = image_run(image, run, SF_RUN_SAMPLES), expected = image_run(image, run, SF_RUN_EXPECTED);
    uint32_t wrong = 0;
    readout_sum(image, memory + layout->packets, packets, samples, memory + layout->sums);
    for (uint32_t sample = 0; sample < samples; ++sample) {
        const uint32_t predicted = readout_prediction(image, memory + layout->sums, sample);
        wrong += predicted != memory[expected + sample];
        print_pair("sample ", run);
        print_pair(" ", sample);
        print_pair(" predicted ", predicted);
        print_pair(" expected ", memory[expected + sample]);
        print("\n");
    }
    return wrong;
}

/* One run of the image: counters cleared, run, predictions, counters. `wrong` grows by the predictions that are not the expected ones. */
static enum sf_status do_run(const struct image *image, uint32_t run, uint32_t tiles, uint32_t *wrong)
{
    struct layout layout;
    enum sf_status status = lay_out(image, run, tiles, system_memory_words(), &layout);
    if (status != SF_OK) return status;
    const uint32_t clear = io_tile_clear_image(memory + layout.clear, tiles), read = io_tile_read_image(memory + layout.read, tiles);
    status = io_tile_configure(layout.clear, clear, 0);
    if (status != SF_OK) return status;
    const struct io_tile_job job = {
        .inject = image_run(image, run, SF_RUN_INJECT),
        .inject_words = image_run(image, run, SF_RUN_INJECT_WORDS),
        .collect = layout.packets,
        .collect_limit = image_run(image, run, SF_RUN_PACKETS),
        .ends = image_run(image, run, SF_RUN_ENDS),
        .drain = image_run(image, run, SF_RUN_DRAIN),
    };
    struct io_tile_result result;
    status = io_tile_run(&job, image_run(image, run, SF_RUN_LIMIT_CYCLES), &result);
    print_pair("run ", run);
    print_pair(" samples ", image_run(image, run, SF_RUN_SAMPLES));
    print_pair(" cycles ", result.cycles);
    print_pair(" packets ", result.packets);
    print("\n");
    if (status == SF_OK) status = io_tile_configure(layout.read, read, layout.values);
    if (status != SF_OK) return status;
    *wrong += print_samples(image, run, result.packets, &layout);
    print_counters(run, tiles, &layout);
    return SF_OK;
}

static enum sf_status do_image(void)
{
    struct image image;
    const uint32_t tiles = io_tile_width() * io_tile_height();
    uint32_t wrong = 0;
    enum sf_status status = image_open(&image, memory, system_memory_words(), SF_FINGERPRINT, system_chip_digest());
    if (status != SF_OK) return status;
    print("image ");
    print(image.name);
    print_pair(" words ", image.size);
    print_pair(" runs ", image_header(&image, SF_HEADER_RUN_COUNT));
    print("\n");
    const uint32_t entries = image_header(&image, SF_HEADER_CONFIG_ENTRIES);
    status = io_tile_configure(image_header(&image, SF_HEADER_CONFIG), entries, 0);
    if (status != SF_OK) return status;
    print_pair("config entries ", entries);
    print_pair(" cycles ", io_tile_config_cycles());
    print("\n");
    for (uint32_t run = 0; run < image_header(&image, SF_HEADER_RUN_COUNT); ++run) {
        status = do_run(&image, run, tiles, &wrong);
        if (status != SF_OK) return status;
    }
    return wrong ? SF_ERROR_PREDICTION : SF_OK;
}

/* The last line; an error first names the address of a fault. */
static enum sf_status finish(enum sf_status status)
{
    uint32_t address = 0;
    const enum sf_status fault = system_fault(&address);
    if (status == SF_OK) status = fault;
    if (fault != SF_OK) {
        print("error: ");
        print(status_text(fault));
        print(" (at ");
        print_hex(address);
        print(")\n");
    }
    print_pair("end ", status);
    print(": ");
    print(status_text(status));
    print("\n");
    uart_flush();
    return status;
}

static void print_hardware(void)
{
    print("contract ");
    print_hex(io_tile_fingerprint());
    print_pair("\nchip ", io_tile_width());
    print_pair(" ", io_tile_height());
    print_pair(" memory ", system_memory_words());
    print_pair(" clock ", system_clock_khz());
    print("\n");
}

/* All lines of an image. */
static enum sf_status report(void)
{
    system_clear_faults();
    print_hardware();
    return finish(io_tile_fingerprint() == SF_FINGERPRINT ? do_image() : SF_ERROR_HARDWARE);
}

int main(void);
_Noreturn void trap(uint32_t cause, uint32_t pc);

int main(void)
{
    if (memory[0]) {
        system_done(report());
    } else {
        system_clear_faults();
        print_hardware();
        print("no image: waiting for a host\n");
    }
    link_serve(report);
}

/* Called by the start-up code on an exception, with a fresh stack: whatever met it is over, the link is served on. */
_Noreturn void trap(uint32_t cause, uint32_t pc)
{
    print_pair("error: exception ", cause);
    print(" (at ");
    print_hex(pc);
    print(")\n");
    system_done(finish(SF_ERROR_TRAP));
    link_serve(report);
}
