/* What the SoC is, faults, reset of the fabric, exit. */
#ifndef SHIFTFIRE_SYSTEM_H
#define SHIFTFIRE_SYSTEM_H
#include <stdint.h>

#include "status.h"

uint32_t system_chip_digest(void);
uint32_t system_memory_words(void);
uint32_t system_clock_khz(void);
/* SF_OK, or the fault recorded since the last clearing; `address` is where: the fabric's memory word, or the processor's byte address. */
enum sf_status system_fault(uint32_t *address);
void system_clear_faults(void);
/* Reset the fabric, and wait until it is over. */
void system_reset_fabric(void);
/* Tell the outside that the image was run, and how that ended. */
void system_done(uint32_t code);
/* The same; then nothing more happens. */
_Noreturn void system_exit(uint32_t code);

#endif
