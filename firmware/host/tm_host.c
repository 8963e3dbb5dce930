/* The firmware's runtime and kernels on the desktop, for tests: runs many cases from one file and prints what came out.
 *
 *   tm_host CASES > RESULTS        all numbers are 32-bit little-endian
 *
 * A case:   the words of test_case, the blob, one input for each run.
 * A result: the status' name, the failed op, the number of runs (0 after a refusal); for each run its status' name, the
 *           number of tensors, and those: the outputs, then each op's output where asked for. Names and tensors are a
 *           length and so many bytes.
 * Where the model's inputs are longer than the case's, its bytes are repeated: a damaged model may ask for anything. */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "thimble.h"

typedef struct {
    uint32_t blob_bytes;
    uint32_t arena_bytes;
    uint32_t input_bytes;
    uint32_t runs;
    uint32_t with_ops;    /* 1: with every op's output */
    uint32_t misalign_by; /* bytes that the blob is moved from where it should be */
    uint32_t first_op;
    uint32_t end_op; /* UINT32_MAX: all */
} test_case;

typedef struct {
    const tm_model *model;
    bool with_ops;
    uint8_t *op_outputs; /* length and bytes of each */
    size_t used;
    size_t room;
} recorder;

static void fail(const char *what)
{
    (void)fprintf(stderr, "tm_host: %s\n", what);
    exit(2);
}

/* Exactly as many bytes as asked for, so that a sanitizer sees one too many. */
static void *allocate(size_t bytes)
{
    void *const memory = malloc(bytes == 0u ? 1u : bytes);
    if (memory == NULL) {
        fail("out of memory");
    }
    return memory;
}

static void read_exactly(FILE *file, void *to, size_t bytes)
{
    if (fread(to, 1u, bytes, file) != bytes) {
        fail("the case file is cut short");
    }
}

static void write_exactly(const void *from, size_t bytes)
{
    if (fwrite(from, 1u, bytes, stdout) != bytes) {
        fail("can't write the results");
    }
}

static void write_word(uint32_t value) { write_exactly(&value, sizeof value); }

static void write_tensor(const void *data, uint32_t bytes)
{
    write_word(bytes);
    write_exactly(data, bytes);
}

static void write_name(tm_status status)
{
    const char *const name = tm_status_name(status);
    write_tensor(name, (uint32_t)strlen(name));
}

static void record_op(void *context, uint32_t index)
{
    recorder *const record = context;
    const tm_op *const op = tm_model_op(record->model, index);
    const size_t needed = record->used + sizeof(uint32_t) + op->output.bytes;
    if (!record->with_ops) {
        return;
    }
    if (needed > record->room) {
        record->room = needed * 2u;
        record->op_outputs = realloc(record->op_outputs, record->room);
        if (record->op_outputs == NULL) {
            fail("out of memory");
        }
    }
    (void)memcpy(record->op_outputs + record->used, &op->output.bytes, sizeof(uint32_t));
    (void)memcpy(record->op_outputs + record->used + sizeof(uint32_t),
                 record->model->memory.arena + op->output.offset, op->output.bytes);
    record->used = needed;
}

static void fill_inputs(const tm_model *model, const uint8_t *values, uint32_t bytes)
{
    uint32_t at = 0u;
    for (uint32_t i = 0; i < tm_model_input_count(model); i++) {
        tm_tensor tensor;
        if (tm_model_input(model, i, &tensor) != TM_OK) {
            fail("an input is missing");
        }
        for (uint32_t k = 0; k < tensor.bytes; k++) {
            tensor.data[k] = bytes == 0u ? 0u : values[at++ % bytes];
        }
    }
}

static void run_once(const tm_model *model, const test_case *test, const uint8_t *input)
{
    recorder record = {.model = model, .with_ops = test->with_ops != 0u};
    const tm_hooks hooks = {.context = &record, .after_op = record_op};
    const uint32_t end = test->end_op == UINT32_MAX ? tm_model_op_count(model) : test->end_op;
    fill_inputs(model, input, test->input_bytes);
    const tm_status status = tm_model_run(model, test->first_op, end, &hooks);
    const uint32_t outputs = status == TM_OK ? tm_model_output_count(model) : 0u;
    write_name(status);
    write_word(outputs + (status == TM_OK && record.with_ops ? end - test->first_op : 0u));
    for (uint32_t i = 0; i < outputs; i++) {
        tm_tensor tensor;
        if (tm_model_output(model, i, &tensor) != TM_OK) {
            fail("an output is missing");
        }
        write_tensor(tensor.data, tensor.bytes);
    }
    write_exactly(record.op_outputs == NULL ? (const void *)"" : record.op_outputs, record.used);
    free(record.op_outputs);
}

static void run_case(FILE *file, const test_case *test)
{
    uint8_t *const memory = allocate((size_t)test->misalign_by + test->blob_bytes);
    uint8_t *const blob = memory + test->misalign_by;
    uint8_t *const arena = allocate(test->arena_bytes);
    uint8_t *const input = allocate(test->input_bytes);
    tm_model model;
    read_exactly(file, blob, test->blob_bytes);
    (void)memset(arena, 0xA5, test->arena_bytes);
    const tm_status status = tm_model_open(&model, blob, test->blob_bytes, arena, test->arena_bytes);
    write_name(status);
    write_word(model.failed_op);
    write_word(status == TM_OK ? test->runs : 0u);
    for (uint32_t run = 0; run < test->runs; run++) {
        read_exactly(file, input, test->input_bytes);
        if (status == TM_OK) {
            run_once(&model, test, input);
        }
    }
    free(input);
    free(arena);
    free(memory);
}

int main(int argc, char **argv)
{
    test_case test;
    FILE *const file = argc == 2 ? fopen(argv[1], "rb") : NULL;
    if (file == NULL) {
        fail("give the path of a case file");
    }
    while (fread(&test, sizeof test, 1u, file) == 1u) {
        run_case(file, &test);
    }
    (void)fclose(file);
    return fflush(stdout) == 0 ? 0 : 2;
}
