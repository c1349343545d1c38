/* The processor's view of the SoC: a line per test, "ok NAME" or "FAILED NAME". Run by tests/system/test_soc.py. */
#include <stdint.h>

#include "interrupts.h"
#include "mmio.h"
#include "print.h"
#include "system.h"
#include "timer.h"
#include "uart.h"

#define HOLE 0x30000000u

static uint32_t failures;

static void check(const char *name, int good)
{
    print(good ? "ok " : "FAILED ");
    print(name);
    print("\n");
    failures += !good;
}

/* Bytes, halves and words of a place, against what they must be. */
static int parts(uint32_t base)
{
    volatile uint32_t *const word = (volatile uint32_t *)(uintptr_t)base;
    volatile uint16_t *const half = (volatile uint16_t *)(uintptr_t)base;
    volatile uint8_t *const byte = (volatile uint8_t *)(uintptr_t)base;
    volatile int8_t *const signed_byte = (volatile int8_t *)(uintptr_t)base;
    word[0] = 0x11223344u;
    word[1] = 0x55667788u;
    byte[1] = 0xaau;
    half[3] = 0xbbccu;
    return word[0] == 0x1122aa44u && word[1] == 0xbbcc7788u && byte[3] == 0x11u && half[1] == 0x1122u && signed_byte[1] == -86;
}

static int products(void)
{
    volatile uint32_t a = 123456789u, b = 987u;
    volatile int32_t c = -1000007, d = 331;
    return a * b == 1592766455u && a / b == 125082u && a % b == 855u && c / d == -3021 && c % d == -56;
}

/* The timer's interrupt, within a few instructions of when it is due; asked for, not trapped. */
static int timer_wakes(void)
{
    const uint32_t start = timer_cycles();
    timer_start(3000);
    interrupts_enable(1u << SF_IRQ_TIMER);
    while (!interrupts_pending()) interrupts_wait();
    const uint32_t took = timer_cycles() - start;
    timer_stop();
    const int quiet = !interrupts_pending();
    interrupts_enable(0);
    return took >= 3000u && took < 3200u && quiet;
}

/* An interrupt that is not enabled is not pending. */
static int masked(void)
{
    timer_start(1);
    interrupts_enable(1u << SF_IRQ_FABRIC);
    const int quiet = !interrupts_pending();
    interrupts_enable(1u << SF_IRQ_TIMER);
    const int pending = interrupts_pending() == 1u << SF_IRQ_TIMER;
    timer_stop();
    return quiet && pending;
}

/* Accesses that nobody answers end, are recorded, and can be cleared. */
static int faults(uint32_t address, int write)
{
    uint32_t where = 0;
    system_clear_faults();
    if (system_fault(&where) != SF_OK) return 0;
    if (write) mmio_write(address, 0, 1);
    else mmio_read(address, 0);
    const int found = system_fault(&where) == SF_ERROR_BUS_FAULT && where == address;
    system_clear_faults();
    return found && system_fault(&where) == SF_OK;
}

int main(void);
_Noreturn void trap(uint32_t cause, uint32_t pc);

int main(void)
{
    static uint32_t scratch[2];
    check("boot RAM", parts((uint32_t)(uintptr_t)scratch));
    check("main memory", parts(SF_MEMORY_BASE + 64u));
    check("last word of main memory", parts(SF_MEMORY_BASE + 4u * system_memory_words() - 8u));
    check("products", products());
    check("timer", timer_wakes());
    check("mask", masked());
    check("read of a hole", faults(HOLE, 0));
    check("write of a hole", faults(HOLE, 1));
    check("read past main memory", faults(SF_MEMORY_BASE + 4u * system_memory_words(), 0));
    uart_flush();
    return (int)failures;
}

_Noreturn void trap(uint32_t cause, uint32_t pc)
{
    print("FAILED exception ");
    print_number(cause);
    print(" at ");
    print_hex(pc);
    print("\n");
    system_exit(1000u);
}
