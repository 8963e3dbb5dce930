/* Generated from src-main/device/link-protocol.ts: change the table there; its test, run with vitest -u, writes this file. */

#ifndef TM_LINK_H

#define TM_LINK_H

#include <stdint.h>

/* Framing */
#define TM_LINK_VERSION      1u
#define TM_LINK_SYNC         165u
#define TM_LINK_HEADER_BYTES 8u
#define TM_LINK_CRC_BYTES    4u
#define TM_LINK_MAX_PAYLOAD  1024u
#define TM_LINK_MAX_FRAME    1036u
#define TM_LINK_RING_BYTES   2048u
#define TM_LINK_BAUD         0x0001C200u /* of a serial line until another rate is asked for */
#define TM_LINK_MAX_BAUD     0x000E1000u
#define TM_LINK_ANSWER       128u /* set in the type of an answer */
#define TM_MARK_END          0xFFFFFFFFu /* to ITM port 0 behind the last op */

/* Frame types */
#define TM_LINK_HELLO 1u /* -> tm_link_hello */
#define TM_LINK_OPEN  2u /* -> tm_link_opened, then tm_link_span for each input, then each output */
#define TM_LINK_WRITE 3u /* tm_link_write, bytes -> nothing */
#define TM_LINK_READ  4u /* tm_link_span -> bytes */
#define TM_LINK_RUN   5u /* tm_link_run -> tm_link_ran, then with profile one u32 of cycles for each op */
#define TM_LINK_INFER 6u /* tm_link_write into input 0, bytes -> tm_link_ran, then the start of output 0 */
#define TM_LINK_RATE  7u /* tm_link_rate that is wanted -> tm_link_rate that there will be, behind the answer */
#define TM_LINK_FAULT 126u /* tm_fault_record, unasked for: the firmware has stopped */
#define TM_LINK_ERROR 127u /* tm_link_error, then a reason in ASCII */

/* Why a command failed */
#define TM_ERROR_UNKNOWN_COMMAND 1u /* the firmware is of another version */
#define TM_ERROR_BAD_LENGTH      2u /* the payload does not hold what the command needs */
#define TM_ERROR_BAD_FRAME       3u /* CRC */
#define TM_ERROR_OUT_OF_RANGE    4u /* bytes or ops outside of the model */
#define TM_ERROR_NO_MODEL        5u /* open one first */
#define TM_ERROR_MODEL_REFUSED   6u /* detail is the tm_status, the reason its name */
#define TM_ERROR_RUN_FAILED      7u /* detail is the tm_status, the reason its name */
#define TM_ERROR_NO_RATE         8u /* this line has no rate, or not this one; detail is the one asked for */

/* What the core clock comes from */
#define TM_CLOCK_HSI     0u /* internal oscillator, no PLL */
#define TM_CLOCK_HSI_PLL 1u /* the crystal did not start */
#define TM_CLOCK_HSE_PLL 2u /* crystal */

/* Payload: hello */
typedef struct {
    uint32_t link_version; /* TM_LINK_VERSION */
    uint32_t chip_id; /* DBGMCU_IDCODE bits 11:0, as the chip says it */
    uint32_t clock_hz; /* what the core runs at */
    uint32_t clock_source; /* TM_CLOCK_* */
    uint32_t ccm_bytes; /* core-coupled memory found */
    uint32_t cycle_counter; /* 1 when DWT CYCCNT counts */
    uint32_t max_payload;
    uint32_t model_start;
    uint32_t model_bytes;
    uint32_t arena_start;
    uint32_t arena_bytes;
} tm_link_hello;
_Static_assert(sizeof(tm_link_hello) == 44, "tm_link_hello has padding");

/* Payload: opened */
typedef struct {
    uint32_t ops;
    uint32_t arena_bytes; /* that this model uses */
    uint32_t inputs;
    uint32_t outputs;
} tm_link_opened;
_Static_assert(sizeof(tm_link_opened) == 16, "tm_link_opened has padding");

/* Payload: span */
typedef struct {
    uint32_t offset; /* into the arena */
    uint32_t bytes;
} tm_link_span;
_Static_assert(sizeof(tm_link_span) == 8, "tm_link_span has padding");

/* Payload: write */
typedef struct {
    uint32_t offset; /* into the arena; for infer into input 0, and the bytes end it */
} tm_link_write;
_Static_assert(sizeof(tm_link_write) == 4, "tm_link_write has padding");

/* Payload: run */
typedef struct {
    uint32_t first;
    uint32_t end; /* one past the last op */
    uint32_t profile; /* 1: cycles of each op */
} tm_link_run;
_Static_assert(sizeof(tm_link_run) == 12, "tm_link_run has padding");

/* Payload: ran */
typedef struct {
    uint32_t cycles_present; /* 0 when no cycle counter counts */
    uint32_t cycles_low; /* 64 bits, from before the first op to behind the last */
    uint32_t cycles_high;
} tm_link_ran;
_Static_assert(sizeof(tm_link_ran) == 12, "tm_link_ran has padding");

/* Payload: rate */
typedef struct {
    uint32_t baud;
} tm_link_rate;
_Static_assert(sizeof(tm_link_rate) == 4, "tm_link_rate has padding");

/* Payload: error */
typedef struct {
    uint32_t code; /* TM_ERROR_* */
    uint32_t detail;
    uint32_t op; /* that a refused model is about, or 0xFFFFFFFF */
} tm_link_error;
_Static_assert(sizeof(tm_link_error) == 12, "tm_link_error has padding");

#endif /* TM_LINK_H */
