/* The link's server: a host's requests, framed and checksummed (contract: link). */
#ifndef SHIFTFIRE_LINK_H
#define SHIFTFIRE_LINK_H
#include <stdint.h>

#include "status.h"

/* Runs the program image in main memory, and prints its lines. */
typedef enum sf_status (*link_runner)(void);

/* Take the bytes that have come, and answer the request that they complete, if any. After an exception that a request met, answer that request first. */
void link_poll(link_runner run);
/* Serve for ever. */
_Noreturn void link_serve(link_runner run);

#endif
