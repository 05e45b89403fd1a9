#include "gate/harness/load/request_capture.h"

enum status request_read_captures(struct request_line *line, struct arena *arena,
                                  const struct json_value *value, struct err *err)
{
    if (value->kind != JSON_OBJECT || value->len == 0 || value->len > CAPTURES_MAX) {
        return err_set(err, STATUS_POLICY,
                       "\"capture\" must be an object of 1 to %d names, such as {\"token\": "
                       "{\"json\": \"$.access_token\"}}",
                       CAPTURES_MAX);
    }
    line->captures = ARENA_ARRAY(arena, struct capture, value->len);
    for (size_t i = 0; i < value->len; i++) {
        const struct json_member *member = &value->members[i];
        if (capture_parse(&line->captures[i], arena, member->key, &member->value, err))
            return err->status;
    }
    line->capture_count = value->len;
    return STATUS_OK;
}

static struct capture_slot *find_slot(const struct capture_slots *slots, struct str name)
{
    for (size_t i = 0; i < slots->len; i++) {
        if (str_equal(slots->items[i].name, name))
            return &slots->items[i];
    }
    return NULL;
}

/* Only a piece of the body can stand in the row in another spelling (\u007b); then it has no column. */
static size_t column_of(struct str row, struct str text)
{
    const char *found = memmem(row.data, row.len, text.data, text.len);
    return found ? (size_t)(found - row.data) + 1 : 0;
}

static enum status refuse_name(struct arena *arena, const struct capture_slots *slots,
                               struct str text, struct err *err)
{
    struct str known = STR("");
    struct str *names = ARENA_ARRAY(arena, struct str, slots->len + 1);
    for (size_t i = 0; i < slots->len; i++) {
        names[i] = slots->items[i].name;
        known = str_format(arena, "%.*s %.*s", STR_ARGS(known), STR_ARGS(names[i]));
    }
    struct str near = str_nearest(str_slice(text, 2, text.len - 2), names, slots->len);
    if (near.len > 0) {
        return err_set(err, STATUS_POLICY,
                       "%.*s is captured by no line above; did you mean {{%.*s}}?", STR_ARGS(text),
                       STR_ARGS(near));
    }
    return err_set(err, STATUS_POLICY,
                   "%.*s is captured by no line above%s%.*s; send braces that are meant as such "
                   "from a \"body_file\"",
                   STR_ARGS(text), known.len ? ", which capture" : "", STR_ARGS(known));
}

static enum status bind_part(struct request_line *line, enum request_part part, struct arena *arena,
                             struct capture_slots *slots, struct str *wrong, struct err *err)
{
    struct request_text *text = &line->parts[part];
    for (size_t i = 0; i < text->len; i++) {
        struct text_piece *piece = &text->pieces[i];
        if (piece->kind != PIECE_CAPTURE)
            continue;
        struct str name = str_slice(piece->text, 2, piece->text.len - 2);
        struct capture_slot *slot = find_slot(slots, name);
        if (!slot) {
            *wrong = piece->text;
            return refuse_name(arena, slots, piece->text, err);
        }
        piece->slot = (size_t)(slot - slots->items);
        slot->is_in_path = slot->is_in_path || part == REQUEST_PATH;
    }
    return STATUS_OK;
}

static enum status add_slots(const struct request_line *line, struct arena *arena,
                             struct capture_slots *slots, struct err *err)
{
    for (size_t i = 0; i < line->capture_count; i++) {
        struct capture_slot slot = {.name = line->captures[i].name};
        if (find_slot(slots, slot.name)) {
            return err_set(err, STATUS_POLICY, "\"capture\": \"%.*s\" is captured twice",
                           STR_ARGS(slot.name));
        }
        if (slots->len == CAPTURES_MAX)
            return err_set(err, STATUS_POLICY, "more than %d captures", CAPTURES_MAX);
        ARENA_PUSH(arena, slots->items, slots->len, slots->cap, slot);
    }
    return STATUS_OK;
}

enum status request_bind_captures(struct request_line *line, struct arena *arena,
                                  struct capture_slots *slots, struct str row, size_t *column,
                                  struct err *err)
{
    struct str wrong = STR("");
    for (enum request_part part = 0; part < REQUEST_PARTS; part++) {
        if (bind_part(line, part, arena, slots, &wrong, err)) {
            *column = column_of(row, wrong);
            return err->status;
        }
    }
    return add_slots(line, arena, slots, err);
}

void request_forget_captures(struct request_line *line)
{
    for (enum request_part part = 0; part < REQUEST_PARTS; part++) {
        struct request_text *text = &line->parts[part];
        for (size_t i = 0; i < text->len; i++) {
            if (text->pieces[i].kind == PIECE_CAPTURE)
                text->pieces[i].kind = PIECE_TEXT;
        }
    }
}
