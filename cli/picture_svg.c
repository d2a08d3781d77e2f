#include "picture.h"

#include <float.h>
#include <math.h>
#include <string.h>

#include "svg.h"

/* The page, and the plot's edges on it, in SVG user units. */
#define PAGE_WIDTH 760.0
#define PAGE_HEIGHT 440.0
#define LEFT 86.0
#define RIGHT (PAGE_WIDTH - 28.0)
#define TOP 84.0
#define BOTTOM (PAGE_HEIGHT - 58.0)

#define TRAINING_COLOUR "#1f6fb2"
#define VALIDATION_COLOUR "#d9601a"

/* Beyond this, differences of values overflow: such a loss has diverged and is drawn as a gap. */
#define LARGEST 1e300
#define SMALLEST 1e-300 /* below this, a logarithmic scale's ticks underflow: as good as 0 */
#define LOG_DECADES 2.0
#define NEARLY_CONSTANT                                                                            \
    1e-3          /* of the values: labels of a finer scale would be too long to read              \
                   */
#define TICKS 6.0 /* about as many labels as an axis carries well */

/* What an axis shows: from `low` to `high`, in log10 of the values if `logarithmic`. */
struct axis {
    double low, high;
    bool logarithmic;
};

struct chart {
    FILE *out;
    const struct loss_picture *picture;
    struct axis x, y;
    int64_t left_out; /* values that are not drawn */
};

static bool drawable(double value) { return fabs(value) <= LARGEST; }

/* ---- Scales ------------------------------------------------------------------------------- */

/* The step 1, 2 or 5 times a power of ten that cuts `span` into at most `parts`. */
static double round_step(double span, double parts) {
    double rough = span / parts, power = pow(10, floor(log10(rough)));
    static const double factors[] = {1, 2, 5};
    for (int i = 0; i < 3; i++) {
        if (factors[i] * power >= rough * (1 - 1e-9)) return factors[i] * power;
    }
    return 10 * power;
}

static double place(struct axis axis, double value) {
    double v = axis.logarithmic ? log10(value) : value;
    return (v - axis.low) / (axis.high - axis.low);
}

static double place_x(const struct chart *chart, int64_t index) {
    return LEFT + place(chart->x, (double)(index + 1)) * (RIGHT - LEFT);
}

static double place_y(const struct chart *chart, double value) {
    return BOTTOM - place(chart->y, value) * (BOTTOM - TOP);
}

/* The drawable values' range; counts the others. False when there is none to draw. */
static bool find_range(const struct loss_picture *picture, double *low, double *high,
                       int64_t *left_out) {
    const double *const series[] = {picture->training, picture->validation};
    *low = INFINITY;
    *high = -INFINITY;
    *left_out = 0;
    for (int s = 0; s < 2; s++) {
        for (int64_t i = 0; series[s] != NULL && i < picture->epochs; i++) {
            if (!drawable(series[s][i])) {
                ++*left_out;
                continue;
            }
            *low = fmin(*low, series[s][i]);
            *high = fmax(*high, series[s][i]);
        }
    }
    if (fabs(*low) < SMALLEST) *low = 0;
    if (fabs(*high) < SMALLEST) *high = 0;
    return *low <= *high;
}

static struct axis linear_axis(double low, double high) {
    double margin = 0.05 * (high - low), size = fmax(fabs(low), fabs(high));
    if (high - low <= NEARLY_CONSTANT * size) margin = size > 0 ? 0.1 * size : 1;
    /* Losses are mostly positive: show zero when it is near, and never a margin below it. */
    double bottom = low >= 0 && low <= 0.5 * high ? 0 : low - margin;
    if (low >= 0 && bottom < 0) bottom = 0;
    return (struct axis){bottom, high + margin, false};
}

static struct axis value_axis(double low, double high) {
    if (low > 0 && log10(high) - log10(low) > LOG_DECADES) {
        double margin = 0.04 * (log10(high) - log10(low));
        return (struct axis){log10(low) - margin, log10(high) + margin, true};
    }
    return linear_axis(low, high);
}

static struct axis epoch_axis(int64_t epochs) {
    if (epochs == 1) return (struct axis){0, 2, false};
    return (struct axis){1, (double)epochs, false};
}

/* ---- Pieces of SVG ------------------------------------------------------------------------ */

static void put_grid_line(const struct chart *chart, double value, bool major) {
    double y = place_y(chart, value);
    fprintf(chart->out, "<path d=\"M%.1f %.2fH%.1f\" stroke=\"%s\"/>\n", LEFT, y, RIGHT,
            major ? "#dde2e8" : "#f0f2f5");
}

static void begin_value_label(const struct chart *chart, double value) {
    fprintf(chart->out, "<text x=\"%.1f\" y=\"%.2f\" text-anchor=\"end\">", LEFT - 9,
            place_y(chart, value) + 4);
}

/* ---- The axes ----------------------------------------------------------------------------- */

static void put_linear_ticks(const struct chart *chart) {
    double step = round_step(chart->y.high - chart->y.low, TICKS);
    double largest = fmax(fabs(chart->y.low), fabs(chart->y.high));
    /* As many decimals as the step needs, or an exponent where that would not read well. */
    int decimals = (int)fmax(0, -floor(log10(step) + 1e-9));
    bool plain = decimals <= 6 && largest < 1e6;
    for (double k = ceil(chart->y.low / step - 1e-9); k * step <= chart->y.high; k++) {
        double value = k * step;
        put_grid_line(chart, value, true);
        begin_value_label(chart, value);
        if (plain) {
            fprintf(chart->out, "%.*f</text>\n", decimals, value == 0 ? 0 : value);
        } else {
            int digits = (int)fmax(0, floor(log10(largest)) - floor(log10(step) + 1e-9));
            fprintf(chart->out, "%.*e</text>\n", digits < 16 ? digits : 16, value == 0 ? 0 : value);
        }
    }
}

static void put_log_ticks(const struct chart *chart) {
    double decades = chart->y.high - chart->y.low;
    int every = (int)ceil(decades / (TICKS + 2));
    for (int power = (int)floor(chart->y.low); power <= (int)ceil(chart->y.high); power++) {
        for (int digit = 2; digit < 10 && decades <= 8; digit++) {
            double minor = log10(digit) + power;
            if (minor > chart->y.low && minor < chart->y.high) {
                put_grid_line(chart, digit * pow(10, power), false);
            }
        }
    }
    for (int power = (int)ceil(chart->y.low); power <= (int)floor(chart->y.high); power++) {
        if (power % every != 0) continue;
        put_grid_line(chart, pow(10, power), true);
        begin_value_label(chart, pow(10, power));
        svg_power_of_ten(chart->out, power);
        fputs("</text>\n", chart->out);
    }
}

static void put_epoch_tick(const struct chart *chart, int64_t epoch) {
    double x = place_x(chart, epoch - 1);
    fprintf(chart->out,
            "<path d=\"M%.2f %.1fv5\" stroke=\"#8b949e\"/>"
            "<text x=\"%.2f\" y=\"%.1f\" text-anchor=\"middle\">%lld</text>\n",
            x, BOTTOM, x, BOTTOM + 20, (long long)epoch);
}

static void put_axes(const struct chart *chart) {
    FILE *out = chart->out;
    fprintf(out, "<g font-size=\"12\" fill=\"" SVG_FAINT_INK "\">\n");
    if (chart->y.logarithmic) {
        put_log_ticks(chart);
    } else {
        put_linear_ticks(chart);
    }
    int64_t epochs = chart->picture->epochs;
    int64_t step = (int64_t)fmax(1, round_step((double)epochs, 10));
    put_epoch_tick(chart, 1);
    for (int64_t epoch = step; epoch <= epochs; epoch += step) {
        bool beside_first = 2 * (epoch - 1) < step; /* its label would run into that of epoch 1 */
        if (epoch > 1 && !beside_first) put_epoch_tick(chart, epoch);
    }
    fprintf(out, "<path d=\"M%.1f %.1fH%.1f\" stroke=\"#8b949e\"/>\n", LEFT, BOTTOM, RIGHT);
    fprintf(out, "<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"middle\">epoch</text>\n",
            (LEFT + RIGHT) / 2, BOTTOM + 44);
    fprintf(out,
            "<text transform=\"translate(14 %.1f) rotate(-90)\" text-anchor=\"middle\">loss%s"
            "</text>\n</g>\n",
            (TOP + BOTTOM) / 2, chart->y.logarithmic ? " (logarithmic scale)" : "");
}

/* ---- The series --------------------------------------------------------------------------- */

static void put_series(const struct chart *chart, const double *values, const char *colour) {
    int64_t epochs = chart->picture->epochs;
    fprintf(chart->out,
            "<path fill=\"none\" stroke=\"%s\" stroke-width=\"2\" stroke-linejoin=\"round\" "
            "stroke-linecap=\"round\" d=\"",
            colour);
    bool pen_down = false;
    for (int64_t i = 0; i < epochs; i++) {
        bool draw = drawable(values[i]);
        if (draw) {
            fprintf(chart->out, "%s%.2f %.2f", pen_down ? "L" : "M", place_x(chart, i),
                    place_y(chart, values[i]));
        }
        pen_down = draw;
    }
    fputs("\"/>\n", chart->out);
    for (int64_t i = 0; i < epochs; i++) { /* values that no line reaches */
        bool alone =
            (i == 0 || !drawable(values[i - 1])) && (i == epochs - 1 || !drawable(values[i + 1]));
        if (!drawable(values[i]) || !alone) continue;
        fprintf(chart->out, "<circle cx=\"%.2f\" cy=\"%.2f\" r=\"4\" fill=\"%s\"/>\n",
                place_x(chart, i), place_y(chart, values[i]), colour);
    }
}

/* The epoch of the lowest drawable value, from 0; -1 if there is none. */
static int64_t lowest(const double *values, int64_t epochs) {
    int64_t best = -1;
    for (int64_t i = 0; i < epochs; i++) {
        if (drawable(values[i]) && (best < 0 || values[i] < values[best])) best = i;
    }
    return best;
}

static double put_legend_entry(FILE *out, double x, const char *name, const char *colour,
                               double last) {
    fprintf(out,
            "<path d=\"M%.1f 58h22\" stroke=\"%s\" stroke-width=\"3\" stroke-linecap=\"round\"/>"
            "<text x=\"%.1f\" y=\"62\">%s <tspan fill=\"" SVG_FAINT_INK "\">%.4g</tspan></text>\n",
            x, colour, x + 30, name, last);
    return x + 170;
}

/* Names the lines with their last values, and marks the lowest validation loss. */
static void put_legend(const struct chart *chart) {
    const struct loss_picture *picture = chart->picture;
    FILE *out = chart->out;
    int64_t last = picture->epochs - 1;
    fputs("<g font-size=\"13\" fill=\"" SVG_INK "\">\n", out);
    double x = put_legend_entry(out, LEFT, "training", TRAINING_COLOUR, picture->training[last]);
    if (picture->validation != NULL) {
        x = put_legend_entry(out, x, "validation", VALIDATION_COLOUR, picture->validation[last]);
        int64_t best = lowest(picture->validation, picture->epochs);
        if (best >= 0 && picture->epochs > 1) {
            fprintf(out,
                    "<circle cx=\"%.2f\" cy=\"%.2f\" r=\"4.5\" fill=\"#fff\" stroke=\"%s\" "
                    "stroke-width=\"2\"/>\n",
                    place_x(chart, best), place_y(chart, picture->validation[best]),
                    VALIDATION_COLOUR);
            fprintf(
                out,
                "<circle cx=\"%.1f\" cy=\"58\" r=\"4.5\" fill=\"#fff\" stroke=\"%s\" "
                "stroke-width=\"2\"/><text x=\"%.1f\" y=\"62\">lowest <tspan fill=\"" SVG_FAINT_INK
                "\">%.4g, epoch %lld</tspan></text>\n",
                x + 8, VALIDATION_COLOUR, x + 20, picture->validation[best], (long long)best + 1);
        }
    }
    if (chart->left_out > 0) {
        fprintf(out,
                "<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"end\" fill=\"#b3261e\">%lld value%s not "
                "finite</text>\n",
                RIGHT, BOTTOM + 44, (long long)chart->left_out,
                chart->left_out == 1 ? " is" : "s are");
    }
    fputs("</g>\n", out);
}

static void put_chart(const struct chart *chart) {
    const struct loss_picture *picture = chart->picture;
    FILE *out = chart->out;
    svg_begin(out, PAGE_WIDTH, PAGE_HEIGHT, LEFT, picture->title);
    put_axes(chart);
    put_series(chart, picture->training, TRAINING_COLOUR);
    if (picture->validation != NULL) put_series(chart, picture->validation, VALIDATION_COLOUR);
    put_legend(chart);
    fputs("</svg>\n", out);
}

bool write_loss_svg(const char *path, const struct loss_picture *picture,
                    struct text_error *error) {
    if (picture->epochs < 1 || picture->training == NULL) {
        return text_fail(error, "cannot draw \"%s\": no losses; expected one epoch or more", path);
    }
    struct chart chart = {.picture = picture, .x = epoch_axis(picture->epochs)};
    double low, high;
    bool any = find_range(picture, &low, &high, &chart.left_out);
    chart.y = any ? value_axis(low, high) : (struct axis){0, 1, false};
    struct whole_file file;
    if (!whole_file_open(&file, path, error)) return false;
    chart.out = file.stream;
    put_chart(&chart);
    return whole_file_commit(&file, error);
}
