#include "gate/codec/escape.h"

void escape_text(struct buf *buf, struct str text)
{
    struct arena scratch;
    arena_init(&scratch);
    buf_str(buf, str_printable(&scratch, text));
    arena_release(&scratch);
}

static bool is_plain(char byte)
{
    return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') ||
           (byte >= '0' && byte <= '9') || byte == ' ' || (unsigned char)byte >= 0x80;
}

/* Numeric references reach no Markdown rule, in or outside of a table. */
static void write_references(struct buf *buf, struct str text, bool prose)
{
    for (size_t i = 0; i < text.len; i++) {
        char byte = text.data[i];
        if (is_plain(byte)) {
            buf_byte(buf, byte);
        } else {
            buf_printf(buf, "&#%d;", byte);
        }
        /*
         * Mentions and issue numbers are looked for in the finished page,
         * where a reference is a character again; a comment parts them.
         */
        if (prose && (byte == '@' || byte == '#'))
            buf_text(buf, "<!-- -->");
    }
}

static size_t longest_run(struct str text, char byte)
{
    size_t longest = 0;
    size_t run = 0;
    for (size_t i = 0; i < text.len; i++) {
        run = text.data[i] == byte ? run + 1 : 0;
        longest = run > longest ? run : longest;
    }
    return longest;
}

static void write_code_span(struct buf *buf, struct str text)
{
    size_t fence = longest_run(text, '`') + 1;
    /* One blank on each side is taken away again; without it an edge backtick joins the fence. */
    bool pad = text.len == 0 || text.data[0] == '`' || text.data[text.len - 1] == '`' ||
               (text.data[0] == ' ' && text.data[text.len - 1] == ' ');
    buf_repeat(buf, '`', fence);
    buf_text(buf, pad ? " " : "");
    buf_str(buf, text);
    buf_text(buf, pad ? " " : "");
    buf_repeat(buf, '`', fence);
}

void escape_markdown_code(struct buf *buf, struct str text)
{
    struct arena scratch;
    arena_init(&scratch);
    struct str shown = str_printable(&scratch, text);
    /*
     * A table splits its row at a pipe even inside a code span, and "\|"
     * is only undone inside tables: HTML is the form that fits both.
     */
    if (str_find(shown, '|') >= 0) {
        buf_text(buf, "<code>");
        write_references(buf, shown, false);
        buf_text(buf, "</code>");
    } else {
        write_code_span(buf, shown);
    }
    arena_release(&scratch);
}

/*
 * A bare address becomes a link where "www." or "://" stands; both lose
 * their punctuation to references here.
 */
void escape_markdown(struct buf *buf, struct str text)
{
    struct arena scratch;
    arena_init(&scratch);
    write_references(buf, str_printable(&scratch, text), true);
    arena_release(&scratch);
}
