#include "picture.h"

#ifndef WENGERT_HAVE_PNG

bool write_decision_png(const char *path, const struct decision_picture *picture,
                        struct text_error *error) {
    (void)picture;
    return text_fail(error, "cannot draw \"%s\": this program was built without libpng", path);
}

#else

#include <errno.h>
#include <math.h>
#include <setjmp.h>
#include <stdlib.h>
#include <string.h>

#include <png.h>

#define USUAL_WIDTH 600
#define GRID_STEP 3 /* pixels between points that are classified; between them, interpolation */
#define GRID_ROWS_AT_ONCE 16
#define BORDER 0.07        /* of the picture's width, around the outermost points */
#define DISC_RADIUS 0.0078 /* of the picture's width */
#define RIM 0.0026
#define STRONGEST 0.72 /* a sure decision's share of the class's colour, the rest being white */

struct colour {
    float red, green, blue; /* 0 to 255 */
};

static const struct colour white = {255, 255, 255}, dark = {34, 39, 46}, grey = {150, 150, 150};

/* The first two, orange and blue, are told apart by almost all eyes; the rest after Tableau's. */
static const struct colour palette[MOST_PICTURE_CLASSES] = {
    {240, 133, 36}, {33, 113, 181},  {65, 157, 70},   {200, 55, 60},  {134, 97, 178},
    {130, 85, 70},  {214, 110, 180}, {105, 110, 118}, {170, 165, 40}, {30, 165, 180},
};

/* The square of the plane that the picture shows; y points up. */
struct view {
    double left, top, size; /* in the points' units */
    int width;              /* in pixels */
};

struct canvas {
    struct view view;
    unsigned char *rgb; /* (width, width, 3) */
};

static struct colour mix(struct colour a, struct colour b, float share_of_b) {
    float s = share_of_b, r = 1 - s;
    return (struct colour){r * a.red + s * b.red, r * a.green + s * b.green,
                           r * a.blue + s * b.blue};
}

static void set_pixel(unsigned char *pixel, struct colour colour) {
    pixel[0] = (unsigned char)(colour.red + 0.5f);
    pixel[1] = (unsigned char)(colour.green + 0.5f);
    pixel[2] = (unsigned char)(colour.blue + 0.5f);
}

/* A square around all points with finite coordinates; around the origin if there is none. */
static struct view find_view(const struct decision_picture *picture, int width) {
    double low[2] = {INFINITY, INFINITY}, high[2] = {-INFINITY, -INFINITY};
    for (int64_t i = 0; i < 2 * picture->points; i++) {
        if (!isfinite(picture->point[i])) continue;
        low[i % 2] = fmin(low[i % 2], picture->point[i]);
        high[i % 2] = fmax(high[i % 2], picture->point[i]);
    }
    double extent = fmax(high[0] - low[0], high[1] - low[1]);
    if (!isfinite(extent)) return (struct view){-1, 1, 2, width};
    double size = extent > 0 ? extent / (1 - 2 * BORDER) : 2;
    return (struct view){.left = (low[0] + high[0] - size) / 2,
                         .top = (low[1] + high[1] + size) / 2,
                         .size = size,
                         .width = width};
}

/* ---- The decision ------------------------------------------------------------------------- */

/* What the classifier says on a grid, `side` points each way, GRID_STEP pixels apart. */
struct grid {
    int side, classes;
    float *probability; /* (side, side, classes) */
};

static bool classify_grid(const struct decision_picture *picture, struct view view,
                          struct grid *grid, struct text_error *error) {
    size_t row = (size_t)grid->side;
    float *points = malloc(row * GRID_ROWS_AT_ONCE * 2 * sizeof *points);
    if (points == NULL) return text_fail(error, "no memory to draw the decision");
    bool classified = true;
    double pixel = view.size / view.width;
    for (int start = 0; start < grid->side && classified; start += GRID_ROWS_AT_ONCE) {
        int rows = grid->side - start < GRID_ROWS_AT_ONCE ? grid->side - start : GRID_ROWS_AT_ONCE;
        float *p = points;
        for (int r = 0; r < rows; r++) {
            for (int c = 0; c < grid->side; c++, p += 2) {
                p[0] = (float)(view.left + (c * GRID_STEP + 0.5) * pixel);
                p[1] = (float)(view.top - ((start + r) * GRID_STEP + 0.5) * pixel);
            }
        }
        classified = picture->classify(
            picture->context, points, (int64_t)rows * grid->side,
            grid->probability + (size_t)start * row * (size_t)grid->classes, error);
    }
    free(points);
    return classified;
}

/* White where all classes are equally likely; grey where the numbers are not probabilities. */
static struct colour decision_colour(const float *probability, int classes) {
    struct colour sum = {0, 0, 0};
    float total = 0, largest = 0;
    for (int k = 0; k < classes; k++) {
        float p = probability[k];
        if (!(p >= 0 && p <= 1.001f)) return grey;
        sum.red += p * palette[k].red;
        sum.green += p * palette[k].green;
        sum.blue += p * palette[k].blue;
        total += p;
        largest = fmaxf(largest, p);
    }
    if (!(fabsf(total - 1) <= 0.01f)) return grey;
    struct colour hue = {sum.red / total, sum.green / total, sum.blue / total};
    float even = 1 / (float)classes, sure = (largest / total - even) / (1 - even);
    return mix(white, hue, (float)STRONGEST * sure);
}

static void paint_decision(struct canvas *canvas, const struct grid *grid) {
    int width = canvas->view.width, classes = grid->classes;
    size_t across = (size_t)classes, down = (size_t)grid->side * across;
    for (int y = 0; y < width; y++) {
        for (int x = 0; x < width; x++) {
            float blended[MOST_PICTURE_CLASSES];
            float fx = (float)(x % GRID_STEP) / GRID_STEP, fy = (float)(y % GRID_STEP) / GRID_STEP;
            const float *p = grid->probability + (size_t)(y / GRID_STEP) * down +
                             (size_t)(x / GRID_STEP) * across;
            for (int k = 0; k < classes; k++) {
                float upper = (1 - fx) * p[k] + fx * p[across + (size_t)k];
                float lower = (1 - fx) * p[down + (size_t)k] + fx * p[down + across + (size_t)k];
                blended[k] = (1 - fy) * upper + fy * lower;
            }
            set_pixel(canvas->rgb + 3 * ((size_t)y * (size_t)width + (size_t)x),
                      decision_colour(blended, classes));
        }
    }
}

static bool draw_decision(struct canvas *canvas, const struct decision_picture *picture,
                          struct text_error *error) {
    /* one point beyond the last pixel, for the interpolation there */
    struct grid grid = {.side = (canvas->view.width - 1) / GRID_STEP + 2,
                        .classes = picture->classes};
    size_t points = (size_t)grid.side * (size_t)grid.side;
    grid.probability = calloc(points * (size_t)grid.classes, sizeof *grid.probability);
    if (grid.probability == NULL) return text_fail(error, "no memory to draw the decision");
    bool drawn = classify_grid(picture, canvas->view, &grid, error);
    if (drawn) paint_decision(canvas, &grid);
    free(grid.probability);
    return drawn;
}

/* ---- The points --------------------------------------------------------------------------- */

/* How much of a pixel lies inside a circle whose edge is `inside` pixels beyond its centre. */
static float coverage(double inside) { return (float)fmin(1, fmax(0, inside + 0.5)); }

static void draw_disc(struct canvas *canvas, double x, double y, struct colour fill,
                      struct colour rim) {
    int width = canvas->view.width;
    double radius = fmax(2, DISC_RADIUS * width), outer = radius + fmax(1, RIM * width);
    int top = (int)fmax(0, floor(y - outer)), bottom = (int)fmin(width - 1, ceil(y + outer));
    int left = (int)fmax(0, floor(x - outer)), right = (int)fmin(width - 1, ceil(x + outer));
    for (int j = top; j <= bottom; j++) {
        for (int i = left; i <= right; i++) {
            double distance = hypot(i + 0.5 - x, j + 0.5 - y);
            unsigned char *pixel = canvas->rgb + 3 * ((size_t)j * (size_t)width + (size_t)i);
            struct colour under = {pixel[0], pixel[1], pixel[2]};
            struct colour rimmed = mix(under, rim, coverage(outer - distance));
            set_pixel(pixel, mix(rimmed, fill, coverage(radius - distance)));
        }
    }
}

static void draw_points(struct canvas *canvas, const struct decision_picture *picture) {
    struct view view = canvas->view;
    double scale = view.width / view.size;
    for (int held_out = 0; held_out < 2; held_out++) { /* the held-out, fewer, on top */
        for (int64_t i = 0; i < picture->points; i++) {
            bool is_held_out = picture->held_out != NULL && picture->held_out[i];
            double x = picture->point[2 * i], y = picture->point[2 * i + 1];
            if (is_held_out != (held_out == 1) || !isfinite(x) || !isfinite(y)) continue;
            draw_disc(canvas, (x - view.left) * scale, (view.top - y) * scale,
                      palette[picture->label[i]], is_held_out ? dark : white);
        }
    }
}

/* ---- The file ----------------------------------------------------------------------------- */

struct png_output {
    const char *path;
    FILE *stream;
    struct text_error *error;
};

/* libpng leaves a failing call by longjmp, after telling what happened to one of these. */
static void png_failed(png_structp png, png_const_charp message) {
    struct png_output *output = png_get_error_ptr(png);
    text_fail(output->error, "cannot write \"%s\": %s", output->path, message);
    png_longjmp(png, 1);
}

static void png_bytes(png_structp png, png_bytep bytes, size_t size) {
    struct png_output *output = png_get_io_ptr(png);
    if (fwrite(bytes, 1, size, output->stream) != size) png_error(png, strerror(errno));
}

/* Flushing is whole_file_commit's. */
static void png_nothing_to_flush(png_structp png) { (void)png; }

static void png_warned(png_structp png, png_const_charp message) {
    (void)png; /* nothing that libpng warns of when writing matters here */
    (void)message;
}

static bool encode(struct png_output *output, const struct canvas *canvas) {
    png_structp png =
        png_create_write_struct(PNG_LIBPNG_VER_STRING, output, png_failed, png_warned);
    png_infop info = png != NULL ? png_create_info_struct(png) : NULL;
    if (info == NULL) {
        png_destroy_write_struct(&png, NULL);
        return text_fail(output->error, "cannot write \"%s\": no memory", output->path);
    }
    if (setjmp(png_jmpbuf(png)) != 0) { /* no local variable changes after this line */
        png_destroy_write_struct(&png, &info);
        return false;
    }
    png_uint_32 width = (png_uint_32)canvas->view.width;
    png_set_write_fn(png, output, png_bytes, png_nothing_to_flush);
    png_set_IHDR(png, info, width, width, 8, PNG_COLOR_TYPE_RGB, PNG_INTERLACE_NONE,
                 PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
    png_set_sRGB_gAMA_and_cHRM(png, info, PNG_sRGB_INTENT_PERCEPTUAL);
    png_write_info(png, info);
    for (png_uint_32 y = 0; y < width; y++) {
        png_write_row(png, canvas->rgb + 3 * (size_t)y * (size_t)width);
    }
    png_write_end(png, info);
    png_destroy_write_struct(&png, &info);
    return true;
}

static bool write_png(const char *path, const struct canvas *canvas, struct text_error *error) {
    struct whole_file file;
    if (!whole_file_open(&file, path, error)) return false;
    struct png_output output = {path, file.stream, error};
    if (encode(&output, canvas)) return whole_file_commit(&file, error);
    whole_file_abandon(&file);
    return false;
}

static bool check_picture(const char *path, const struct decision_picture *picture, int width,
                          struct text_error *error) {
    if (width < 64 || width > 4096) {
        return text_fail(error, "cannot draw \"%s\": width %d; expected 64 to 4096", path, width);
    }
    if (picture->classes < 2 || picture->classes > MOST_PICTURE_CLASSES) {
        return text_fail(error, "cannot draw \"%s\": %d classes; expected 2 to %d", path,
                         picture->classes, MOST_PICTURE_CLASSES);
    }
    if (picture->points < 1) {
        return text_fail(error, "cannot draw \"%s\": no points; expected 1 or more", path);
    }
    for (int64_t i = 0; i < picture->points; i++) {
        if (picture->label[i] >= 0 && picture->label[i] < picture->classes) continue;
        return text_fail(error, "cannot draw \"%s\": label %d of point %lld; expected 0 to %d",
                         path, (int)picture->label[i], (long long)i, picture->classes - 1);
    }
    return true;
}

bool write_decision_png(const char *path, const struct decision_picture *picture,
                        struct text_error *error) {
    int width = picture->width != 0 ? picture->width : USUAL_WIDTH;
    if (!check_picture(path, picture, width, error)) return false;
    struct canvas canvas = {.view = find_view(picture, width)};
    canvas.rgb = malloc(3 * (size_t)width * (size_t)width);
    if (canvas.rgb == NULL) return text_fail(error, "cannot draw \"%s\": no memory", path);
    bool written = draw_decision(&canvas, picture, error);
    if (written) {
        draw_points(&canvas, picture);
        written = write_png(path, &canvas, error);
    }
    free(canvas.rgb);
    return written;
}

#endif
