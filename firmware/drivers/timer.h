/* Timer. */
#ifndef SHIFTFIRE_TIMER_H
#define SHIFTFIRE_TIMER_H
#include <stdint.h>

/* Raise the timer's interrupt in `cycles` cycles, at least one. */
void timer_start(uint32_t cycles);
/* Stop it, and clear the interrupt. */
void timer_stop(void);
/* Cycles since reset, modulo 2^32. */
uint32_t timer_cycles(void);

#endif
