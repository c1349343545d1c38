#include "image.h"

#include "crc32.h"
#include "shiftfire_contract.h"

SF_STATIC_ASSERT(sizeof((struct image *)0)->name == 4 * SF_IMAGE_NAME_WORDS + 1, "room for the name");

uint32_t image_header(const struct image *image, uint32_t field)
{
    return image->words[field];
}

uint32_t image_run(const struct image *image, uint32_t run, uint32_t field)
{
    return image->words[image_header(image, SF_HEADER_RUNS) + run * SF_RUN_RECORD_WORDS + field];
}

uint32_t image_output(const struct image *image, uint32_t output, uint32_t field)
{
    return image->words[image_header(image, SF_HEADER_OUTPUTS) + output * SF_OUTPUT_RECORD_WORDS + field];
}

/* Whether `count` things of `each` words lie at `start`, between header and CRC. */
static int inside(const struct image *image, uint32_t start, uint32_t count, uint32_t each)
{
    const uint32_t end = image->size - 1u;
    return start >= SF_IMAGE_HEADER_WORDS && start <= end && count <= (end - start) / each;
}

static int all_below(const struct image *image, uint32_t start, uint32_t count, uint32_t limit, uint32_t except)
{
    for (uint32_t i = 0; i < count; ++i) {
        const uint32_t value = image->words[start + i];
        if (value >= limit && value != except) return 0;
    }
    return 1;
}

static int between(uint32_t value, uint32_t least, uint32_t most)
{
    return value >= least && value <= most;
}

static int runs_fit(const struct image *image, uint32_t classes)
{
    for (uint32_t run = 0; run < image_header(image, SF_HEADER_RUN_COUNT); ++run) {
        const uint32_t samples = image_run(image, run, SF_RUN_SAMPLES), expected = image_run(image, run, SF_RUN_EXPECTED);
        if (!between(samples, 1, SF_IMAGE_MAX_SAMPLES) || !image_run(image, run, SF_RUN_ENDS) || !image_run(image, run, SF_RUN_LIMIT_CYCLES)
            || !between(image_run(image, run, SF_RUN_PACKETS), 1, SF_IMAGE_MAX_WORDS) || image_run(image, run, SF_RUN_DRAIN) > 1
            || !inside(image, image_run(image, run, SF_RUN_INJECT), image_run(image, run, SF_RUN_INJECT_WORDS), 1)
            || !inside(image, expected, samples, 1) || !all_below(image, expected, samples, classes, 0))
            return 0;
    }
    return 1;
}

static int outputs_fit(const struct image *image, uint32_t classes)
{
    for (uint32_t output = 0; output < image_header(image, SF_HEADER_OUTPUT_COUNT); ++output) {
        const uint32_t axons = image_output(image, output, SF_OUTPUT_AXONS), count = image_output(image, output, SF_OUTPUT_AXON_COUNT);
        if (image_output(image, output, SF_OUTPUT_TAG) > SF_COLLECT_STAMP_TAG_MASK >> SF_COLLECT_STAMP_TAG_SHIFT
            || !image_output(image, output, SF_OUTPUT_VECTORS) || !inside(image, axons, count, 1)
            || !all_below(image, axons, count, classes, SF_IMAGE_NO_CLASS))
            return 0;
    }
    return 1;
}

static enum sf_status check_parts(const struct image *image)
{
    const uint32_t classes = image_header(image, SF_HEADER_CLASSES);
    const uint32_t runs = image_header(image, SF_HEADER_RUN_COUNT), outputs = image_header(image, SF_HEADER_OUTPUT_COUNT);
    if (!between(classes, 1, SF_IMAGE_MAX_CLASSES) || !between(runs, 1, SF_IMAGE_MAX_RUNS)
        || !between(outputs, 1, SF_IMAGE_MAX_OUTPUTS)
        || !inside(image, image_header(image, SF_HEADER_CONFIG), image_header(image, SF_HEADER_CONFIG_ENTRIES), 2)
        || !inside(image, image_header(image, SF_HEADER_RUNS), runs, SF_RUN_RECORD_WORDS)
        || !inside(image, image_header(image, SF_HEADER_OUTPUTS), outputs, SF_OUTPUT_RECORD_WORDS)
        || !inside(image, image_header(image, SF_HEADER_VALUES), SF_IMAGE_VALUES, 1))
        return SF_ERROR_SECTION;
    return runs_fit(image, classes) && outputs_fit(image, classes) ? SF_OK : SF_ERROR_SECTION;
}

static void read_name(struct image *image)
{
    char *to = image->name;
    for (uint32_t i = 0; i < 4u * SF_IMAGE_NAME_WORDS; ++i) {
        const uint32_t character = image->words[SF_IMAGE_NAME_INDEX + i / 4u] >> 8u * (i % 4u) & 0xffu;
        if (!character) break;
        *to++ = between(character, ' ', '}') ? (char)character : '?'; /* '~' is the link's FLAG, which text must not have */
    }
    *to = 0;
}

enum sf_status image_open(
    struct image *image, const volatile uint32_t *words, uint32_t memory_words, uint32_t fingerprint, uint32_t chip_digest)
{
    if (memory_words <= SF_IMAGE_HEADER_WORDS || words[SF_HEADER_MAGIC] != SF_IMAGE_MAGIC) return SF_ERROR_MAGIC;
    if (words[SF_HEADER_VERSION] != SF_IMAGE_VERSION) return SF_ERROR_VERSION;
    image->words = words;
    image->size = words[SF_HEADER_WORDS];
    if (!between(image->size, SF_IMAGE_HEADER_WORDS + 1u, SF_IMAGE_MAX_WORDS) || image->size > memory_words) return SF_ERROR_SIZE;
    if (crc32_words(words, image->size - 1u) != words[image->size - 1u]) return SF_ERROR_CRC;
    if (words[SF_HEADER_FINGERPRINT] != fingerprint) return SF_ERROR_FINGERPRINT;
    if (words[SF_HEADER_CHIP_DIGEST] != chip_digest) return SF_ERROR_CHIP;
    read_name(image);
    return check_parts(image);
}
