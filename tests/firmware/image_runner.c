/* Opens images under the address sanitiser. Standard input: cases of little-endian words (words of memory, fingerprint, chip digest, the
   memory's words); standard output: a line per case with the status, and for a good image its name and one prediction per sample of run 0, where all words
   past the image are taken for collected packets. */
#include <stdio.h>
#include <stdlib.h>

#include "image.h"
#include "readout.h"
#include "shiftfire_contract.h"

static void predict(const struct image *image, const uint32_t *words, uint32_t size)
{
    const uint32_t samples = image_run(image, 0, SF_RUN_SAMPLES);
    uint32_t *sums = malloc(4u * readout_words(image, samples));
    readout_sum(image, words + image->size, (size - image->size) / 2u, samples, sums);
    printf(" %s", image->name);
    for (uint32_t sample = 0; sample < samples; ++sample) printf(" %u", readout_prediction(image, sums, sample));
    free(sums);
}

int main(void)
{
    uint32_t head[3];
    while (fread(head, 4, 3, stdin) == 3) {
        struct image image;
        uint32_t *words = malloc(4u * head[0] + !head[0]);
        if (!words || fread(words, 4, head[0], stdin) != head[0]) return 1;
        const enum sf_status status = image_open(&image, words, head[0], head[1], head[2]);
        printf("%d", (int)status);
        if (status == SF_OK) predict(&image, words, head[0]);
        printf("\n");
        free(words);
    }
    return 0;
}
