/* libFuzzer on the reader of packed models: whatever the bytes are, the runtime refuses them, or runs the plan inside of
 * blob, arena and record tables. Blob and arena are allocated to the byte, so that the sanitizers see one too many.
 *
 *   An input: the blob, then one word of `choices`.
 *
 * Most inputs get a right CRC first: with the wrong one nothing behind it would ever be read. */
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "thimble.h"

/* Most RAM that a blob may ask for, and multiplications of an op that is run: what is slow only costs executions. */
#define MAX_ARENA_BYTES 65536u
#define MAX_WORK        300000u

/* What the word behind the blob decides; the eight bits above them fill the arena. */
#define CHOICE_KEEP_CRC     1u /* the CRC stays as it came */
#define CHOICE_SHORT_ARENA  2u /* one word of RAM too few */
#define CHOICE_MISALIGNED   4u
#define CHOICE_LONG_FLASH   8u /* the blob ends before the memory that may be read */
#define CHOICE_FILL_SHIFT   8u
#define LONG_FLASH_BYTES    64u

size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t max_size);
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned seed);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static uint32_t word_at(const uint8_t *bytes)
{
    uint32_t value;
    (void)memcpy(&value, bytes, sizeof value);
    return value;
}

static void set_word(uint8_t *bytes, uint32_t value) { (void)memcpy(bytes, &value, sizeof value); }

static void *allocate(size_t bytes)
{
    void *const memory = malloc(bytes == 0u ? 1u : bytes);
    if (memory == NULL) {
        (void)fputs("fuzz_blob: out of memory\n", stderr);
        exit(2);
    }
    return memory;
}

/* Total size and CRC as the header should have them, where there is a header. */
static void seal(uint8_t *blob, uint32_t bytes)
{
    const uint32_t crc_end = (uint32_t)(offsetof(tm_header, crc32) + sizeof(uint32_t));
    if (bytes < sizeof(tm_header)) {
        return;
    }
    const uint32_t total = word_at(blob + offsetof(tm_header, total_bytes));
    if (total >= sizeof(tm_header) && total <= bytes) {
        set_word(blob + offsetof(tm_header, crc32), tm_crc32(blob + crc_end, total - crc_end, 0u));
    }
}

/* ---- running what was accepted */

/* Multiplications, or values looked at, of the ops whose time is not bounded by their bytes. */
static uint64_t work_of(const tm_op *op)
{
    const void *const record = op;
    if (op->kind == TM_OP_CONV_2D) {
        const tm_conv_2d *const conv = record;
        return (uint64_t)op->output.bytes * conv->filter_height * conv->filter_width * conv->input_channels;
    }
    if (op->kind == TM_OP_DEPTHWISE_CONV_2D) {
        const tm_depthwise_conv_2d *const conv = record;
        return (uint64_t)op->output.bytes * conv->filter_height * conv->filter_width;
    }
    if (op->kind == TM_OP_FULLY_CONNECTED) {
        const tm_fully_connected *const dense = record;
        return (uint64_t)op->output.bytes * dense->input_depth;
    }
    if (op->kind == TM_OP_AVERAGE_POOL_2D || op->kind == TM_OP_MAX_POOL_2D) {
        const tm_average_pool_2d *const pool = record;
        return (uint64_t)op->output.bytes * pool->input_height * pool->input_width;
    }
    if (op->kind == TM_OP_MEAN) {
        const tm_mean *const mean = record;
        return (uint64_t)op->output.bytes * mean->reduced_dims[0] * mean->reduced_dims[1] * mean->reduced_dims[2];
    }
    return op->output.bytes;
}

static void require(bool condition, const char *what)
{
    if (!condition) {
        (void)fprintf(stderr, "fuzz_blob: %s\n", what);
        abort();
    }
}

static void touch(const tm_tensor *tensor)
{
    volatile uint8_t *const data = tensor->data;
    for (uint32_t i = 0; i < tensor->bytes; i += tensor->bytes > 1u ? tensor->bytes - 1u : 1u) {
        data[i] = data[i];
    }
}

static void run(const tm_model *model)
{
    const uint32_t ops = tm_model_op_count(model);
    tm_tensor tensor;
    for (uint32_t i = 0; i < tm_model_input_count(model); i++) {
        require(tm_model_input(model, i, &tensor) == TM_OK, "an input is missing");
        touch(&tensor);
    }
    for (uint32_t i = 0; i < ops; i++) {
        if (work_of(tm_model_op(model, i)) <= MAX_WORK) {
            require(tm_model_run(model, i, i + 1u, NULL) == TM_OK, "an accepted op did not run");
        }
    }
    for (uint32_t i = 0; i < tm_model_output_count(model); i++) {
        require(tm_model_output(model, i, &tensor) == TM_OK, "an output is missing");
        touch(&tensor);
    }
    require(tm_model_op(model, ops) == NULL, "there is an op behind the last one");
    require(tm_model_run(model, 0u, ops + 1u, NULL) == TM_BAD_RANGE, "an op behind the last one may be run");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < sizeof(uint32_t)) {
        return 0;
    }
    const uint32_t bytes = (uint32_t)(size - sizeof(uint32_t));
    const uint32_t choices = word_at(data + bytes);
    const uint32_t shift = (choices & CHOICE_MISALIGNED) != 0u ? sizeof(uint32_t) : 0u;
    const uint32_t spare = (choices & CHOICE_LONG_FLASH) != 0u ? LONG_FLASH_BYTES : 0u;
    uint8_t *const memory = allocate((size_t)shift + bytes + spare);
    uint8_t *const blob = memory + shift;
    (void)memcpy(blob, data, bytes);
    (void)memset(blob + bytes, 0xFF, spare);
    if ((choices & CHOICE_KEEP_CRC) == 0u) {
        seal(blob, bytes);
    }

    uint32_t arena_bytes = bytes < sizeof(tm_header) ? 0u : word_at(blob + offsetof(tm_header, arena_bytes));
    arena_bytes = arena_bytes > MAX_ARENA_BYTES ? MAX_ARENA_BYTES : arena_bytes;
    if ((choices & CHOICE_SHORT_ARENA) != 0u && arena_bytes >= sizeof(uint32_t)) {
        arena_bytes -= (uint32_t)sizeof(uint32_t);
    }
    uint8_t *const arena = allocate(arena_bytes);
    (void)memset(arena, (int)((choices >> CHOICE_FILL_SHIFT) & 0xFFu), arena_bytes);

    tm_model model;
    const tm_status status = tm_model_open(&model, blob, bytes + spare, arena, arena_bytes);
    if (status == TM_OK) {
        run(&model);
    } else {
        require(tm_model_op_count(&model) == 0u, "a refused model has ops");
    }
    free(arena);
    free(memory);
    return 0;
}

/* ---- inputs that get further than random bytes do */

static uint32_t next(uint32_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 17;
    *state ^= *state << 5;
    return *state;
}

static uint32_t odd_word(uint32_t *rng, uint32_t before, uint32_t elsewhere)
{
    static const uint32_t odd[] = {0u,   1u,    2u,     3u,     4u,     6u,          7u,          127u,       128u,
                                   255u, 1024u, 32767u, 32768u, 65536u, 0x3FFFFFFFu, 0x40000000u, 0x7FFFFFFFu};
    const uint32_t constant = odd[next(rng) % (sizeof odd / sizeof odd[0])];
    switch (next(rng) % 8u) {
    case 0u:
        return constant;
    case 1u:
        return 0u - constant;
    case 2u:
        return before + next(rng) % 9u - 4u;
    case 3u:
        return before * 2u;
    case 4u:
        return before ^ (1u << (next(rng) % 32u));
    case 5u:
        return before + 4u * (next(rng) % 33u) - 64u;
    case 6u:
        return elsewhere;
    default:
        return next(rng);
    }
}

/* The end of what comes before the constants, which are most of a blob and where least can be wrong. */
static uint32_t tables_end(const uint8_t *blob, uint32_t bytes)
{
    const uint32_t third = (uint32_t)(sizeof(tm_header) + 2u * sizeof(tm_section) + offsetof(tm_section, offset));
    const uint32_t end = bytes < third + sizeof(uint32_t) ? bytes : word_at(blob + third);
    return end <= bytes ? end : bytes;
}

/* Another record of the same size in the place of one. */
static void copy_record(uint8_t *blob, uint32_t end, uint32_t *rng)
{
    enum { MOST_RECORDS = 64 };
    uint32_t records[MOST_RECORDS];
    uint32_t count = 0u;
    const uint32_t plan = (uint32_t)(sizeof(tm_header) + offsetof(tm_section, offset));
    uint32_t at = end < plan + sizeof(uint32_t) ? end : word_at(blob + plan);
    while (count < MOST_RECORDS && at < end && end - at >= sizeof(tm_op)) {
        const uint32_t bytes = word_at(blob + at + offsetof(tm_op, record_bytes));
        if (bytes < sizeof(tm_op) || bytes > end - at) {
            break;
        }
        records[count++] = at;
        at += bytes;
    }
    if (count < 2u) {
        return;
    }
    const uint32_t from = records[next(rng) % count];
    const uint32_t to = records[next(rng) % count];
    const uint32_t bytes = word_at(blob + from + offsetof(tm_op, record_bytes));
    if (bytes == word_at(blob + to + offsetof(tm_op, record_bytes))) {
        (void)memmove(blob + to, blob + from, bytes);
    }
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned seed)
{
    uint32_t rng = seed * 2654435761u + 1u;
    if (size < sizeof(tm_header) + sizeof(uint32_t) || next(&rng) % 5u == 0u) {
        return LLVMFuzzerMutate(data, size, max_size);
    }
    const uint32_t bytes = (uint32_t)(size - sizeof(uint32_t));
    const uint32_t tables = tables_end(data, bytes);
    for (uint32_t times = 1u + next(&rng) % 4u; times != 0u; times--) {
        const uint32_t words = (next(&rng) % 6u == 0u || tables < 4u ? bytes : tables) / 4u;
        uint8_t *const at = data + 4u * (next(&rng) % words);
        set_word(at, odd_word(&rng, word_at(at), word_at(data + 4u * (next(&rng) % words))));
    }
    if (next(&rng) % 8u == 0u) {
        copy_record(data, tables, &rng);
    }
    if (next(&rng) % 8u == 0u) {
        set_word(data + bytes, next(&rng) & 0xFF0Fu);
    }
    return size;
}
