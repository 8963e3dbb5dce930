#include <float.h>
#include <stddef.h>
#include <string.h>

#include "thimble.h"
#include "tm_checks.h"
#include "tm_ops.h"

enum { TM_BLOB_ALIGNMENT = 16, TM_ARENA_ALIGNMENT = 4, TM_WORD = 4 };
/* PLAN, IO and CNST are in every blob; CODE where kernels were generated; SIGN where somebody signed, for the host, which
 * looks at it before it writes a blob to flash. */
enum { TM_SECTIONS_MIN = 3, TM_SECTIONS_MAX = 5 };

/* The build says which core it is for; machine code is refused where it says nothing. */
#ifndef TM_RUNNING_CORE
#define TM_RUNNING_CORE 0u
#endif

static const uint32_t TM_NO_OP = UINT32_MAX;

static const tm_op *tm_op_at(const uint8_t *record) { return (const tm_op *)(const void *)record; }

static tm_status tm_check_header(const tm_header *header, uint32_t blob_bytes)
{
    const uint32_t crc_end = (uint32_t)(offsetof(tm_header, crc32) + sizeof header->crc32);
    if (blob_bytes < sizeof *header) {
        return TM_BAD_SIZE;
    }
    if (header->magic != TM_MAGIC) {
        return TM_BAD_MAGIC;
    }
    if (header->version != TM_LAYOUT_VERSION) {
        return TM_BAD_VERSION;
    }
    if (header->total_bytes > blob_bytes || header->total_bytes < sizeof *header) {
        return TM_BAD_SIZE;
    }
    if (tm_crc32((const uint8_t *)header + crc_end, header->total_bytes - crc_end, 0u) != header->crc32) {
        return TM_BAD_CRC;
    }
    if (header->target_core != TM_CORE_CORTEX_M4F && header->target_core != TM_CORE_CORTEX_M7) {
        return TM_BAD_TARGET;
    }
    return TM_OK;
}

/* Fills `sections` by type: each known one at most once, inside the blob. An absent CODE stays empty. */
static tm_status tm_find_sections(const tm_header *header, tm_section sections[TM_SECTIONS_MAX])
{
    const uint32_t required = (1u << TM_SECTION_PLAN) | (1u << TM_SECTION_IO) | (1u << TM_SECTION_CNST);
    const uint32_t count = header->section_count;
    const tm_section *const table = (const tm_section *)(const void *)(header + 1);
    uint32_t seen = 0u;
    if (count < (uint32_t)TM_SECTIONS_MIN || count > (uint32_t)TM_SECTIONS_MAX) {
        return TM_BAD_SECTION;
    }
    const uint32_t table_end = (uint32_t)(sizeof *header + count * sizeof(tm_section));
    if (header->total_bytes < table_end) {
        return TM_BAD_SECTION;
    }
    for (uint32_t i = 0; i < count; i++) {
        const tm_section section = table[i];
        if (section.type < TM_SECTION_PLAN || section.type > TM_SECTION_SIGN) {
            return TM_UNKNOWN_SECTION;
        }
        const uint32_t alignment =
            section.type == TM_SECTION_CNST ? TM_CONSTANT_SECTION_ALIGNMENT : (uint32_t)TM_WORD;
        if ((seen & (1u << section.type)) != 0u || section.offset % alignment != 0u || section.offset < table_end ||
            section.offset > header->total_bytes || section.bytes > header->total_bytes - section.offset ||
            (section.type == TM_SECTION_SIGN && section.bytes != sizeof(tm_signature))) {
            return TM_BAD_SECTION;
        }
        seen |= 1u << section.type;
        sections[section.type - TM_SECTION_PLAN] = section;
    }
    return (seen & required) == required ? TM_OK : TM_BAD_SECTION;
}

static tm_status tm_check_tensor(const tm_io *io, const tm_memory *memory)
{
    const uint32_t value_bytes = io->dtype == TM_INT8 ? 1u : 4u;
    const uint32_t factors[] = {tm_product(io->dims, TM_MAX_RANK), value_bytes};
    if ((io->dtype != TM_INT8 && io->dtype != TM_FLOAT32 && io->dtype != TM_INT32) || io->rank > TM_MAX_RANK ||
        (io->data.offset & TM_CONSTANT) != 0u) {
        return TM_BAD_TENSOR;
    }
    for (uint32_t d = io->rank; d < TM_MAX_RANK; d++) {
        if (io->dims[d] != 1u) {
            return TM_BAD_TENSOR;
        }
    }
    if (io->dtype == TM_INT8 && !(io->scale > 0.0f && io->scale <= FLT_MAX && io->zero_point >= INT8_MIN &&
                                  io->zero_point <= INT8_MAX)) {
        return TM_BAD_TENSOR;
    }
    return tm_check_reference(memory, io->data, value_bytes, tm_product(factors, 2u)) == TM_OK ? TM_OK
                                                                                               : TM_BAD_TENSOR;
}

static tm_status tm_check_io(const tm_model *model, uint32_t section_bytes)
{
    if (section_bytes < sizeof(tm_io_head)) {
        return TM_BAD_SECTION;
    }
    const uint64_t count = (uint64_t)model->io->input_count + model->io->output_count;
    if (sizeof(tm_io_head) + count * sizeof(tm_io) != section_bytes) {
        return TM_BAD_TENSOR;
    }
    const tm_io *const tensors = (const tm_io *)(const void *)(model->io + 1);
    for (uint32_t i = 0; i < count; i++) {
        const tm_status status = tm_check_tensor(&tensors[i], &model->memory);
        if (status != TM_OK) {
            return status;
        }
    }
    return TM_OK;
}

static tm_status tm_check_plan(tm_model *model, uint32_t section_bytes)
{
    uint32_t at = 0u;
    for (uint32_t i = 0; i < model->header->op_count; i++) {
        model->failed_op = i;
        if (section_bytes - at < sizeof(tm_op)) {
            return TM_BAD_RECORD;
        }
        const tm_op *const op = tm_op_at(model->plan + at);
        const tm_op_entry *const entry = tm_find_op(op->kind);
        if (entry == NULL) {
            return TM_UNKNOWN_OP;
        }
        if (op->record_bytes != entry->record_bytes || op->record_bytes > section_bytes - at) {
            return TM_BAD_RECORD;
        }
        const tm_status status = entry->check(op, &model->memory);
        if (status != TM_OK) {
            return status;
        }
        at += op->record_bytes;
    }
    model->failed_op = TM_NO_OP;
    return at == section_bytes ? TM_OK : TM_BAD_RECORD;
}

static tm_status tm_open(tm_model *model, const void *blob, uint32_t blob_bytes, void *arena, uint32_t arena_bytes)
{
    const tm_header *const header = blob;
    tm_section sections[TM_SECTIONS_MAX] = {0};
    if ((uintptr_t)blob % TM_BLOB_ALIGNMENT != 0u || (uintptr_t)arena % TM_ARENA_ALIGNMENT != 0u) {
        return TM_BAD_ALIGNMENT;
    }
    tm_status status = tm_check_header(header, blob_bytes);
    if (status != TM_OK) {
        return status;
    }
    status = tm_find_sections(header, sections);
    if (status != TM_OK) {
        return status;
    }
    if (header->arena_bytes > arena_bytes) {
        return TM_ARENA_TOO_SMALL;
    }
    const uint8_t *const bytes = blob;
    const tm_section constants = sections[TM_SECTION_CNST - TM_SECTION_PLAN];
    const tm_section code = sections[TM_SECTION_CODE - TM_SECTION_PLAN];
    const tm_section io = sections[TM_SECTION_IO - TM_SECTION_PLAN];
    const tm_section plan = sections[0];
    model->header = header;
    model->plan = bytes + plan.offset;
    model->io = (const tm_io_head *)(const void *)(bytes + io.offset);
    model->memory = (tm_memory){
        .constants = bytes + constants.offset,
        .constant_bytes = constants.bytes,
        .code = bytes + code.offset,
        .code_bytes = code.bytes,
        .arena = arena,
        .arena_bytes = header->arena_bytes,
    };
    status = tm_check_io(model, io.bytes);
    if (status == TM_OK) {
        status = tm_check_plan(model, plan.bytes);
    }
    if (status == TM_OK && code.bytes != 0u && header->target_core != TM_RUNNING_CORE) {
        return TM_BAD_TARGET;
    }
    return status;
}

tm_status tm_model_open(tm_model *model, const void *blob, uint32_t blob_bytes, void *arena, uint32_t arena_bytes)
{
    (void)memset(model, 0, sizeof *model);
    model->failed_op = TM_NO_OP;
    const tm_status status = tm_open(model, blob, blob_bytes, arena, arena_bytes);
    if (status != TM_OK) {
        model->header = NULL;
    }
    return status;
}

tm_status tm_model_run(const tm_model *model, uint32_t first_op, uint32_t end_op, const tm_hooks *hooks)
{
    static const tm_hooks no_hooks = {NULL, NULL, NULL};
    const tm_hooks *const around = hooks == NULL ? &no_hooks : hooks;
    if (first_op > end_op || end_op > tm_model_op_count(model)) {
        return TM_BAD_RANGE;
    }
    const uint8_t *record = model->plan;
    for (uint32_t i = 0; i < end_op; i++) {
        const tm_op *const op = tm_op_at(record);
        if (i >= first_op) {
            const tm_op_entry *const entry = tm_find_op(op->kind);
            if (around->before_op != NULL) {
                around->before_op(around->context, i);
            }
            entry->run(op, &model->memory);
            if (around->after_op != NULL) {
                around->after_op(around->context, i);
            }
        }
        record += op->record_bytes;
    }
    return TM_OK;
}

uint32_t tm_model_op_count(const tm_model *model) { return model->header == NULL ? 0u : model->header->op_count; }

uint32_t tm_model_input_count(const tm_model *model) { return model->header == NULL ? 0u : model->io->input_count; }

uint32_t tm_model_output_count(const tm_model *model) { return model->header == NULL ? 0u : model->io->output_count; }

static tm_tensor tm_tensor_at(const tm_model *model, uint32_t index)
{
    const tm_io *const info = (const tm_io *)(const void *)(model->io + 1) + index;
    return (tm_tensor){
        .info = info,
        .data = model->memory.arena + info->data.offset,
        .arena_offset = info->data.offset,
        .bytes = info->data.bytes,
    };
}

tm_status tm_model_input(const tm_model *model, uint32_t index, tm_tensor *tensor)
{
    if (index >= tm_model_input_count(model)) {
        return TM_BAD_RANGE;
    }
    *tensor = tm_tensor_at(model, index);
    return TM_OK;
}

tm_status tm_model_output(const tm_model *model, uint32_t index, tm_tensor *tensor)
{
    if (index >= tm_model_output_count(model)) {
        return TM_BAD_RANGE;
    }
    *tensor = tm_tensor_at(model, model->io->input_count + index);
    return TM_OK;
}

const tm_op *tm_model_op(const tm_model *model, uint32_t index)
{
    if (index >= tm_model_op_count(model)) {
        return NULL;
    }
    const uint8_t *record = model->plan;
    for (uint32_t i = 0; i < index; i++) {
        record += tm_op_at(record)->record_bytes;
    }
    return tm_op_at(record);
}
