/* Errors over the input, drawn in units in the last place. */
#include <math.h>

#include "picture.h"
#include "svg.h"

/* The page, and the plot's edges on it, in SVG user units. */
#define PAGE_WIDTH 760.0
#define PAGE_HEIGHT 400.0
#define LEFT 66.0
#define RIGHT (PAGE_WIDTH - 24.0)
#define TOP 84.0
#define BOTTOM (PAGE_HEIGHT - 54.0)

#define LOWEST_POWER (-1) /* of ten ULP, at the bottom: errors below it are drawn there */
#define HIGHEST_POWER 8   /* at the top: errors above it are drawn there */
#define NO_DIGIT 8388608.0
#define TICKS 10.0

/* Colours that are told apart by those who do not see red or green (Okabe and Ito); the last series
 * takes the first. */
static const char *const colours[MOST_ERROR_SERIES] = {"#0072b2", "#d55e00", "#009e73",
                                                       "#cc79a7", "#e69f00", "#5d6672"};

static const char *colour_of(const struct error_picture *picture, int series) {
    return colours[picture->count - 1 - series];
}

static double place_x(const struct error_picture *picture, double x) {
    return LEFT + (x - picture->low) / (picture->high - picture->low) * (RIGHT - LEFT);
}

static double place_y(double ulp) {
    const double power = fmin(fmax(log10(ulp), LOWEST_POWER), HIGHEST_POWER);
    return BOTTOM - (power - LOWEST_POWER) / (HIGHEST_POWER - LOWEST_POWER) * (BOTTOM - TOP);
}

/* A dashed line, named above it; white behind the name keeps it legible over the series. */
static void put_mark(FILE *out, double ulp, const char *label) {
    const double y = place_y(ulp);
    fprintf(out,
            "<path d=\"M%.1f %.1fH%.1f\" stroke=\"#8b949e\" stroke-dasharray=\"5 4\"/>"
            "<text x=\"%.1f\" y=\"%.1f\" font-size=\"11\" text-anchor=\"end\" fill=\"" SVG_INK
            "\" stroke=\"#fff\" stroke-width=\"4\" paint-order=\"stroke\">%s</text>\n",
            LEFT, y, RIGHT, RIGHT - 4, y - 12, label);
}

static void put_axes(FILE *out, const struct error_picture *picture) {
    fputs("<g font-size=\"12\" fill=\"" SVG_FAINT_INK "\">\n", out);
    for (int power = LOWEST_POWER; power <= HIGHEST_POWER; power++) {
        const double y = place_y(pow(10, power));
        fprintf(out,
                "<path d=\"M%.1f %.1fH%.1f\" stroke=\"#e6eaef\"/>"
                "<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"end\">",
                LEFT, y, RIGHT, LEFT - 8, y + 4);
        svg_power_of_ten(out, power);
        fputs("</text>\n", out);
    }
    const double span = picture->high - picture->low, least = pow(10, floor(log10(span / TICKS)));
    const double factor = span / TICKS / least;
    const double step = least * (factor <= 1 ? 1 : factor <= 2 ? 2 : factor <= 5 ? 5 : 10);
    for (double k = ceil(picture->low / step - 1e-9); k * step <= picture->high + 1e-9 * span;
         k++) {
        const double x = place_x(picture, k * step);
        fprintf(out,
                "<path d=\"M%.1f %.1fv5\" stroke=\"#8b949e\"/>"
                "<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"middle\">%.6g</text>\n",
                x, BOTTOM, x, BOTTOM + 20, k == 0 ? 0 : k * step);
    }
    fprintf(out,
            "<path d=\"M%.1f %.1fH%.1f\" stroke=\"#8b949e\"/>\n"
            "<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"middle\">x</text>\n"
            "<text transform=\"translate(16 %.1f) rotate(-90)\" text-anchor=\"middle\">error in "
            "ULP</text>\n",
            LEFT, BOTTOM, RIGHT, (LEFT + RIGHT) / 2, BOTTOM + 42, (TOP + BOTTOM) / 2);
    fputs("</g>\n", out);
}

static void put_series(FILE *out, const struct error_picture *picture, int series) {
    const double *error = picture->series[series].error;
    const double width = (picture->high - picture->low) / picture->columns;
    fprintf(out,
            "<path fill=\"none\" stroke=\"%s\" stroke-width=\"1.4\" stroke-linejoin=\"round\" d=\"",
            colour_of(picture, series));
    bool pen_down = false;
    for (int i = 0; i < picture->columns; i++) {
        const bool drawn = error[i] >= 0;
        if (drawn) {
            fprintf(out, "%s%.1f %.1f", pen_down ? "L" : "M",
                    place_x(picture, picture->low + (i + 0.5) * width), place_y(error[i]));
        }
        pen_down = drawn;
    }
    fputs("\"/>\n", out);
}

/* The series' names, the one on top first. */
static void put_legend(FILE *out, const struct error_picture *picture) {
    fputs("<g font-size=\"13\" fill=\"" SVG_INK "\">\n", out);
    double x = LEFT;
    for (int i = picture->count - 1; i >= 0; i--) {
        fprintf(out,
                "<path d=\"M%.1f 58h22\" stroke=\"%s\" stroke-width=\"3\" "
                "stroke-linecap=\"round\"/><text x=\"%.1f\" y=\"62\">",
                x, colour_of(picture, i), x + 30);
        svg_text(out, picture->series[i].name);
        fputs("</text>\n", out);
        x += (RIGHT - LEFT) / (picture->count > 4 ? picture->count : 5);
    }
    fputs("</g>\n", out);
}

bool write_error_svg(const char *path, const struct error_picture *picture,
                     struct text_error *error) {
    if (picture->count < 1 || picture->count > MOST_ERROR_SERIES || picture->columns < 2 ||
        !(picture->high - picture->low > 0 && picture->high - picture->low < INFINITY)) {
        return text_fail(error,
                         "cannot draw \"%s\": expected 1 to %d series of 2 columns or more, and a "
                         "range from low to high",
                         path, MOST_ERROR_SERIES);
    }
    struct whole_file file;
    if (!whole_file_open(&file, path, error)) return false;
    svg_begin(file.stream, PAGE_WIDTH, PAGE_HEIGHT, LEFT, picture->title);
    put_axes(file.stream, picture);
    for (int i = 0; i < picture->count; i++) put_series(file.stream, picture, i);
    put_mark(file.stream, 1, "1 ULP");
    put_mark(file.stream, NO_DIGIT, "2\xc2\xb2\xc2\xb3 ULP: no digit is right");
    put_legend(file.stream, picture);
    fputs("</svg>\n", file.stream);
    return whole_file_commit(&file, error);
}
