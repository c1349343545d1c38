/* External interrupts of the processor. Traps for them stay off: the program asks which are pending. */
#ifndef SHIFTFIRE_INTERRUPTS_H
#define SHIFTFIRE_INTERRUPTS_H
#include <stdint.h>

#include "shiftfire_contract.h"

#ifdef SF_MOCK
void interrupts_enable(uint32_t mask);
uint32_t interrupts_pending(void);
void interrupts_wait(void);
#else
#define SF_TEXT_(x) #x
#define SF_TEXT(x) SF_TEXT_(x)
#define SF_MIE_EXTERNAL (1u << 11)

/* Interrupts of `mask` count as pending, and wake `interrupts_wait`. */
static inline void interrupts_enable(uint32_t mask)
{
    __asm__ volatile("csrw " SF_TEXT(SF_CSR_INTERRUPT_MASK) ", %0" : : "r"(mask));
    __asm__ volatile("csrw mie, %0" : : "r"(SF_MIE_EXTERNAL));
}

/* Those enabled that are pending, by bit. */
static inline uint32_t interrupts_pending(void)
{
    uint32_t pending;
    __asm__ volatile("csrr %0, " SF_TEXT(SF_CSR_INTERRUPT_PENDING) : "=r"(pending));
    return pending;
}

/* Sleep until one is pending, or a little: the caller asks again. A core may take wfi for a no-operation. */
static inline void interrupts_wait(void)
{
    __asm__ volatile("wfi" : : : "memory");
}
#endif

#endif
