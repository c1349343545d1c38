/* Start-up: stack, zeroed .bss, trap vector, main; what main returns is the exit code. */
    .section .text.start, "ax"
    .globl _start
_start:
    la sp, _stack_top
    la t0, on_trap
    csrw mtvec, t0
    csrw mie, zero
    la t0, _bss_start
    la t1, _bss_end
1:  bgeu t0, t1, 2f
    sw zero, 0(t0)
    addi t0, t0, 4
    j 1b
2:  call main
    call system_exit

/* An exception: nothing goes on from here. */
    .balign 4
on_trap:
    la sp, _stack_top
    csrr a0, mcause
    csrr a1, mepc
    call trap
