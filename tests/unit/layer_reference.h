/* Convolutions and pooling as loops over the definition. */
#ifndef LAYER_REFERENCE_H
#define LAYER_REFERENCE_H

/* Rows, then columns. */
struct windows {
    int size[2], stride[2], dilation[2], same, groups;
};

struct image {
    int rows, columns, channels;
};

/* How many windows there are along an axis of n elements, and where the first one begins. */
int windows_along(const struct windows *w, int axis, int n, int *begin);

/* y (rows, columns, filters) of one image; kernel (size, size, channels / groups, filters). */
void convolve(const struct windows *w, struct image in, const double *x, const double *kernel,
              int filters, double *y);

/* y (rows, columns, channels): the mean, or the largest, of what lies in the image. */
void pool(const struct windows *w, struct image in, const double *x, int mean, double *y);

#endif
