/* Pieces of SVG that the program's pictures share. */
#ifndef WENGERT_CLI_SVG_H
#define WENGERT_CLI_SVG_H

#include <stdio.h>

#define SVG_INK "#22272e"
#define SVG_FAINT_INK "#5d6672"

/* Begins a picture on white, with its title, unless that is null or "", at `left`. */
void svg_begin(FILE *out, double width, double height, double left, const char *title);

/* Writes text as XML: markup escaped, bytes that XML does not allow as question marks. */
void svg_text(FILE *out, const char *text);

/* `power` of ten as a label: 0.001 to 10000 in full, the rest as 10 with an exponent. */
void svg_power_of_ten(FILE *out, int power);

#endif
