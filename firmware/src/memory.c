/* What compilers call without being asked. */
#include <stddef.h>

void *memcpy(void *restrict to, const void *restrict from, size_t count);
void *memset(void *to, int value, size_t count);

void *memcpy(void *restrict to, const void *restrict from, size_t count)
{
    volatile unsigned char *t = to; /* volatile: or this loop would become a call of memcpy */
    const unsigned char *f = from;
    for (size_t i = 0; i < count; ++i) t[i] = f[i];
    return to;
}

void *memset(void *to, int value, size_t count)
{
    volatile unsigned char *t = to;
    for (size_t i = 0; i < count; ++i) t[i] = (unsigned char)value;
    return to;
}
