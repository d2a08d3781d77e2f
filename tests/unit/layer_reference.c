#include "layer_reference.h"

#include <math.h>

int windows_along(const struct windows *w, int axis, int n, int *begin) {
    const int span = (w->size[axis] - 1) * w->dilation[axis] + 1, stride = w->stride[axis];
    *begin = 0;
    if (!w->same) return (n - span) / stride + 1;
    const int count = (n + stride - 1) / stride, missing = (count - 1) * stride + span - n;
    *begin = missing > 0 ? -(missing / 2) : 0;
    return count;
}

struct place {
    int row, column;
};

/* The image's element under element (i, j) of window (r, c); -1 outside. */
static int under(const struct windows *w, struct image in, struct place begin, struct place at,
                 struct place inside) {
    const int row = begin.row + at.row * w->stride[0] + inside.row * w->dilation[0],
              column = begin.column + at.column * w->stride[1] + inside.column * w->dilation[1];
    if (row < 0 || row >= in.rows || column < 0 || column >= in.columns) return -1;
    return (row * in.columns + column) * in.channels;
}

static double one_filter(const struct windows *w, struct image in, const double *x,
                         const double *kernel, int filters, int f, struct place begin,
                         struct place at) {
    const int deep = in.channels / w->groups, first = f / (filters / w->groups) * deep;
    double sum = 0;
    for (int i = 0; i < w->size[0]; i++) {
        for (int j = 0; j < w->size[1]; j++) {
            const int where = under(w, in, begin, at, (struct place){i, j});
            for (int c = 0; where >= 0 && c < deep; c++)
                sum +=
                    x[where + first + c] * kernel[((i * w->size[1] + j) * deep + c) * filters + f];
        }
    }
    return sum;
}

void convolve(const struct windows *w, struct image in, const double *x, const double *kernel,
              int filters, double *y) {
    struct place begin;
    const int rows = windows_along(w, 0, in.rows, &begin.row),
              columns = windows_along(w, 1, in.columns, &begin.column);
    for (int k = 0; k < rows * columns * filters; k++) {
        const struct place at = {k / filters / columns, k / filters % columns};
        y[k] = one_filter(w, in, x, kernel, filters, k % filters, begin, at);
    }
}

void pool(const struct windows *w, struct image in, const double *x, int mean, double *y) {
    struct place begin;
    const int rows = windows_along(w, 0, in.rows, &begin.row),
              columns = windows_along(w, 1, in.columns, &begin.column);
    for (int k = 0; k < rows * columns * in.channels; k++) {
        const struct place at = {k / in.channels / columns, k / in.channels % columns};
        double sum = 0, largest = -INFINITY;
        int count = 0;
        for (int i = 0; i < w->size[0] * w->size[1]; i++) {
            const struct place inside = {i / w->size[1], i % w->size[1]};
            const int where = under(w, in, begin, at, inside);
            if (where < 0) continue;
            const double value = x[where + k % in.channels];
            sum += value;
            largest = fmax(largest, value);
            count++;
        }
        y[k] = mean ? sum / count : largest;
    }
}
