#include "readout.h"

#include "shiftfire_contract.h"

#define TAGS ((SF_COLLECT_STAMP_TAG_MASK >> SF_COLLECT_STAMP_TAG_SHIFT) + 1u)
#define FIELD(word, name) (((word) & SF_##name##_MASK) >> SF_##name##_SHIFT)

struct progress {
    uint32_t sample, vectors; /* complete samples, and complete vectors of the next one */
};

uint32_t readout_words(const struct image *image, uint32_t samples)
{
    return samples * image_header(image, SF_HEADER_CLASSES);
}

/* The class of an axon, or SF_IMAGE_NO_CLASS. */
static uint32_t class_of(const struct image *image, uint32_t output, uint32_t axon)
{
    if (axon >= image_output(image, output, SF_OUTPUT_AXON_COUNT)) return SF_IMAGE_NO_CLASS;
    return image->words[image_output(image, output, SF_OUTPUT_AXONS) + axon];
}

void readout_sum(
    const struct image *image, const volatile uint32_t *packets, uint32_t count, uint32_t samples, volatile uint32_t *sums)
{
    static uint16_t output_of[TAGS]; /* number + 1, 0: none */
    static struct progress progress[SF_IMAGE_MAX_OUTPUTS];
    const uint32_t outputs = image_header(image, SF_HEADER_OUTPUT_COUNT), classes = image_header(image, SF_HEADER_CLASSES);
    const volatile uint32_t *values = image->words + image_header(image, SF_HEADER_VALUES);
    for (uint32_t tag = 0; tag < TAGS; ++tag) output_of[tag] = 0;
    for (uint32_t i = 0; i < outputs; ++i) {
        output_of[image_output(image, i, SF_OUTPUT_TAG)] = (uint16_t)(i + 1u);
        progress[i].sample = progress[i].vectors = 0;
    }
    for (uint32_t i = 0; i < readout_words(image, samples); ++i) sums[i] = 0;
    for (uint32_t i = 0; i < count; ++i) {
        const uint32_t packet = packets[2u * i], stamp = packets[2u * i + 1u];
        const uint32_t number = output_of[FIELD(stamp, COLLECT_STAMP_TAG)];
        if (!number) continue;
        struct progress *at = &progress[number - 1u];
        if (FIELD(packet, INJECT_EVENT_OP) == SF_INJECT_END) {
            if (++at->vectors == image_output(image, number - 1u, SF_OUTPUT_VECTORS)) {
                at->vectors = 0;
                ++at->sample;
            }
            continue;
        }
        const uint32_t own = class_of(image, number - 1u, FIELD(packet, INJECT_EVENT_AXON));
        if (own != SF_IMAGE_NO_CLASS && at->sample < samples)
            sums[at->sample * classes + own] += values[FIELD(packet, INJECT_EVENT_PAYLOAD)]; /* two's complement, modulo 2^32 */
    }
}

uint32_t readout_prediction(const struct image *image, const volatile uint32_t *sums, uint32_t sample)
{
    const uint32_t classes = image_header(image, SF_HEADER_CLASSES);
    uint32_t best = 0;
    sums += sample * classes;
    for (uint32_t i = 1; i < classes; ++i)
        if ((int32_t)sums[i] > (int32_t)sums[best]) best = i;
    return best;
}
