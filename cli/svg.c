#include "svg.h"

#include <math.h>
#include <stdbool.h>

/* The length of the UTF-8 character at `s`, or 0 if there is none that XML allows. */
static int utf8_length(const unsigned char *s) {
    static const struct {
        unsigned mask, lead, least;
    } forms[] = {
        {0x80, 0x00, 0x20}, {0xe0, 0xc0, 0x80}, {0xf0, 0xe0, 0x800}, {0xf8, 0xf0, 0x10000}};
    for (int extra = 0; extra < 4; extra++) {
        if ((s[0] & forms[extra].mask) != forms[extra].lead) continue;
        unsigned code = s[0] & ~forms[extra].mask & 0xffu;
        for (int i = 1; i <= extra; i++) {
            if ((s[i] & 0xc0) != 0x80) return 0;
            code = code << 6 | (s[i] & 0x3fu);
        }
        bool sound = code >= forms[extra].least && code <= 0x10ffff && code != 0xfffe &&
                     code != 0xffff && !(code >= 0xd800 && code <= 0xdfff);
        return sound ? extra + 1 : 0;
    }
    return 0;
}

void svg_text(FILE *out, const char *text) {
    const unsigned char *s = (const unsigned char *)text;
    while (*s != '\0') {
        int length = utf8_length(s);
        if (length == 0) {
            fputc('?', out);
            s++;
            continue;
        }
        const char *entity = *s == '&' ? "&amp;" : *s == '<' ? "&lt;" : *s == '>' ? "&gt;" : NULL;
        if (entity != NULL) {
            fputs(entity, out);
        } else {
            fwrite(s, 1, (size_t)length, out);
        }
        s += length;
    }
}

void svg_power_of_ten(FILE *out, int power) {
    if (power >= -3 && power <= 4) {
        fprintf(out, "%.*f", power < 0 ? -power : 0, pow(10, power));
    } else {
        fprintf(out, "10<tspan dy=\"-5\" font-size=\"9\">%s%d</tspan>", power < 0 ? "&#8722;" : "",
                power < 0 ? -power : power);
    }
}

void svg_begin(FILE *out, double width, double height, double left, const char *title) {
    fprintf(out,
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%.0f\" height=\"%.0f\" "
            "viewBox=\"0 0 %.0f %.0f\" font-family=\"system-ui, 'Helvetica Neue', 'DejaVu Sans', "
            "Arial, sans-serif\">\n<rect width=\"100%%\" height=\"100%%\" fill=\"#fff\"/>\n",
            width, height, width, height);
    if (title == NULL || title[0] == '\0') return;
    fprintf(out,
            "<text x=\"%.1f\" y=\"34\" font-size=\"17\" font-weight=\"600\" fill=\"" SVG_INK "\">",
            left);
    svg_text(out, title);
    fputs("</text>\n", out);
}
