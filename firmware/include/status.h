/* What can go wrong; the value is the exit code. */
#ifndef SHIFTFIRE_STATUS_H
#define SHIFTFIRE_STATUS_H

enum sf_status {
    SF_OK = 0,
    SF_ERROR_PREDICTION,    /* a prediction is not the expected one */
    SF_ERROR_HARDWARE,      /* the hardware is not of this firmware's contract */
    SF_ERROR_MAGIC,         /* no image */
    SF_ERROR_VERSION,       /* an image of another format */
    SF_ERROR_SIZE,          /* its length is not one it can have */
    SF_ERROR_CRC,           /* it is damaged */
    SF_ERROR_FINGERPRINT,   /* made for another contract */
    SF_ERROR_CHIP,          /* made for another chip */
    SF_ERROR_SECTION,       /* a part of it lies outside of it, or holds what it must not */
    SF_ERROR_MEMORY,        /* what is collected does not fit behind it */
    SF_ERROR_TIMEOUT,       /* the fabric did not finish */
    SF_ERROR_DMA_FAULT,     /* the fabric asked for memory that does not exist */
    SF_ERROR_OVERFLOW,      /* more packets came than there was room for */
    SF_ERROR_BUS_FAULT,     /* an access of the processor failed */
    SF_ERROR_TRAP,          /* an exception */
    SF_STATUS_COUNT,
};

/* A sentence for the user. */
const char *status_text(enum sf_status status);

#endif
