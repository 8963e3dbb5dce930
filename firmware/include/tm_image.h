/* Generated from src-main/device/image-header.ts: change the table there; its test, run with vitest -u, writes this file. */

#ifndef TM_IMAGE_H

#define TM_IMAGE_H

#include <stdint.h>

/* The image header stands this far behind the start of flash. */
#define TM_IMAGE_HEADER_OFFSET 512u
#define TM_IMAGE_MAGIC         0x57464D54u /* "TMFW" */
#define TM_IMAGE_VERSION       2u
#define TM_FAULT_MAGIC         0x4C464D54u /* "TMFL" */

/* What the image says about itself. */
typedef struct {
    uint32_t magic; /* TM_IMAGE_MAGIC */
    uint32_t version; /* TM_IMAGE_VERSION */
    uint32_t header_bytes;
    uint32_t chip_id; /* DBGMCU_IDCODE bits 11:0 of the chip it is built for */
    uint32_t image_bytes; /* from the start of flash */
    uint32_t rtt_address; /* RTT control block */
    uint32_t fault_address; /* tm_fault_record, valid while its magic stands */
    uint32_t model_start; /* flash region of the packed model */
    uint32_t model_bytes;
    uint32_t arena_start; /* RAM that a model may use */
    uint32_t arena_bytes;
    uint32_t kernel_stack_bytes; /* of the stack, what is left to a generated kernel */
} tm_image_header;
_Static_assert(sizeof(tm_image_header) == 48, "tm_image_header has padding");

/* What the fault handler leaves behind. */
typedef struct {
    uint32_t magic; /* TM_FAULT_MAGIC */
    uint32_t exception; /* IPSR */
    uint32_t r0;
    uint32_t r1;
    uint32_t r2;
    uint32_t r3;
    uint32_t r12;
    uint32_t lr;
    uint32_t pc;
    uint32_t xpsr;
    uint32_t sp;
    uint32_t cfsr;
    uint32_t hfsr;
    uint32_t mmfar;
    uint32_t bfar;
} tm_fault_record;
_Static_assert(sizeof(tm_fault_record) == 60, "tm_fault_record has padding");

#endif /* TM_IMAGE_H */
