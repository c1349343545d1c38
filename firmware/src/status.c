#include "status.h"

const char *status_text(enum sf_status status)
{
    switch (status) {
    case SF_OK: return "all predictions as expected";
    case SF_ERROR_PREDICTION: return "predictions differ from those expected";
    case SF_ERROR_HARDWARE: return "the hardware has another contract fingerprint than this firmware: build both from the same sources";
    case SF_ERROR_MAGIC: return "no program image in memory: load one";
    case SF_ERROR_VERSION: return "the image has another format version: export it again";
    case SF_ERROR_SIZE: return "the image's length is impossible: load it again, or export it for this memory";
    case SF_ERROR_CRC: return "the image is damaged (CRC): load it again";
    case SF_ERROR_FINGERPRINT: return "the image has another contract fingerprint: export it again";
    case SF_ERROR_CHIP: return "the image was compiled for another chip: export it for this one";
    case SF_ERROR_SECTION: return "a part of the image is out of range: export it again";
    case SF_ERROR_MEMORY: return "the memory is too small for what the image collects: export fewer samples per run";
    case SF_ERROR_TIMEOUT: return "the fabric did not finish in time";
    case SF_ERROR_DMA_FAULT: return "the fabric asked for memory that does not exist";
    case SF_ERROR_OVERFLOW: return "more packets came than there was room for";
    case SF_ERROR_BUS_FAULT: return "the processor asked for an address that does not exist";
    case SF_ERROR_TRAP: return "the processor met an exception";
    case SF_STATUS_COUNT: break;
    }
    return "unknown status";
}
