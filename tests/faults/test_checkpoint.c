/* Damaged checkpoints, cut short at every byte and with a bit wrong anywhere, and files that cannot
 * be written: an error that names the file; model and file are as they were. */
#define _POSIX_C_SOURCE 200809L
#include "support/scratch.h"
#include "support/suite.h"

#include "wengert/wengert.h"

#include <signal.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

enum { MOST_BYTES = 8192, EXAMPLES = 6 };

static const char *path;

static void make_folder(void) {
    scratch_make();
    path = scratch_path("model");
}

struct content {
    unsigned char byte[MOST_BYTES];
    size_t size;
};

static struct content read_file(void) {
    struct content c;
    FILE *file = fopen(path, "rb");
    ck_assert_ptr_nonnull(file);
    c.size = fread(c.byte, 1, sizeof c.byte, file);
    fclose(file);
    ck_assert_uint_lt(c.size, sizeof c.byte);
    return c;
}

static void write_file(const struct content *c) {
    FILE *file = fopen(path, "wb");
    ck_assert_ptr_nonnull(file);
    ck_assert_uint_eq(fwrite(c->byte, 1, c->size, file), c->size);
    ck_assert_int_eq(fclose(file), 0);
}

static bool file_is(const struct content *c) {
    const struct content now = read_file();
    return now.size == c->size && memcmp(now.byte, c->byte, c->size) == 0;
}

static float x[EXAMPLES * 2], target[EXAMPLES];

static struct wg_dataset numbers(void) {
    for (int i = 0; i < EXAMPLES; i++) {
        x[2 * i] = (float)i / 4;
        x[2 * i + 1] = 1;
        target[i] = 2 * x[2 * i] - 1;
    }
    return wg_dataset_of(EXAMPLES, 2, x, 1, target);
}

static wg_model *build(void) {
    wg_model *model = wg_sequential_from_text(
        (struct wg_model_options){.input = {{.shape = WG_SHAPE(2)}}}, "dense 1");
    wg_model_compile(model, .optimizer = "adam", .loss = "mse");
    expect_no_failure("build");
    return model;
}

static enum wg_status go(wg_model *model, int epochs) {
    const struct wg_dataset data = numbers();
    return wg_model_fit(model, &data, .epochs = epochs, .batch_size = 3, .resume = path,
                        .callbacks = {wg_early_stopping(.monitor = "loss", .patience = 9,
                                                        .restore_best_weights = WG_YES),
                                      wg_checkpoint(path)});
}

/* A checkpoint as fit leaves it, with all that there is in one. */
static struct content sound(void) {
    wg_model *model = build();
    ck_assert_msg(go(model, 1) == WG_OK, "%s", wg_error());
    wg_model_free(model);
    wg_model *same = wg_model_load(path);
    ck_assert_msg(same != NULL, "%s", wg_error());
    wg_model_free(same);
    return read_file();
}

/* Each way to read it fails, and nothing is changed. */
static void refused(const char *what, const struct content *damaged, wg_model *model) {
    static const char *const ways[] = {"load", "load_weights", "fit"};
    write_file(damaged);
    const struct wg_fingerprint before = wg_params_fingerprint(wg_model_params(model));
    for (int way = 0; way < 3; way++) {
        char name[96];
        snprintf(name, sizeof name, "%s, %s", what, ways[way]);
        if (way == 0) ck_assert_msg(wg_model_load(path) == NULL, "%s", name);
        if (way == 1) ck_assert_msg(wg_model_load_weights(model, path) != WG_OK, "%s", name);
        if (way == 2) ck_assert_msg(go(model, 2) != WG_OK, "%s", name);
        expect_failure(name, WG_ERROR_FORMAT, path, NULL);
    }
    const struct wg_fingerprint after = wg_params_fingerprint(wg_model_params(model));
    ck_assert_msg(strcmp(before.hex, after.hex) == 0, "%s: the model changed", what);
    ck_assert_int_eq(wg_optimizer_steps(wg_model_optimizer(model)), 0);
    ck_assert_msg(file_is(damaged), "%s: the file changed", what);
}

START_TEST(no_prefix_is_read) {
    const struct content whole = sound();
    struct content cut = whole;
    wg_model *model = build();
    for (cut.size = 0; cut.size < whole.size; cut.size++) refused("cut short", &cut, model);
    wg_model_free(model);
}
END_TEST

START_TEST(no_flipped_bit_is_read) {
    const struct content whole = sound();
    wg_model *model = build();
    for (size_t i = 0; i < whole.size; i++) {
        char what[64];
        struct content changed = whole;
        changed.byte[i] ^= (unsigned char)(1 << i % 8);
        snprintf(what, sizeof what, "bit %zu of byte %zu", i % 8, i);
        refused(what, &changed, model);
    }
    write_file(&whole); /* which is still good */
    ck_assert_msg(go(model, 2) == WG_OK, "%s", wg_error());
    wg_model_free(model);
}
END_TEST

/* Every bit of the header's length and of a byte here and there, for loading alone. */
START_TEST(no_other_bit_is_read_either) {
    const struct content whole = sound();
    for (size_t bit = 0; bit < 8 * whole.size; bit += bit < 128 ? 1 : 5) {
        struct content changed = whole;
        changed.byte[bit / 8] ^= (unsigned char)(1 << bit % 8);
        write_file(&changed);
        ck_assert_msg(wg_model_load(path) == NULL, "bit %zu", bit);
        expect_failure("a bit", WG_ERROR_FORMAT, path, NULL);
    }
}
END_TEST

/* ---- Writing -------------------------------------------------------------------------------- */

START_TEST(a_full_disk_keeps_the_old_file) {
    const struct content whole = sound();
    wg_model *model = build();
    const struct rlimit small = {.rlim_cur = 700, .rlim_max = RLIM_INFINITY};
    struct rlimit before;
    ck_assert_uint_gt(whole.size, small.rlim_cur);
    ck_assert_int_eq(getrlimit(RLIMIT_FSIZE, &before), 0);
    signal(SIGXFSZ, SIG_IGN); /* so that writing fails instead */
    /* Check has a file of its own: nothing is asserted while the limit holds. */
    const int limited = setrlimit(RLIMIT_FSIZE, &small);
    const enum wg_status saved = wg_model_save(model, path);
    wg_clear_error();
    const enum wg_status fitted = go(model, 2);
    const int lifted = setrlimit(RLIMIT_FSIZE, &before);
    ck_assert(limited == 0 && lifted == 0);
    ck_assert_int_eq(saved, WG_ERROR_FILE);
    ck_assert_int_eq(fitted, WG_ERROR_FILE);
    expect_failure("fit", WG_ERROR_FILE, path, NULL);
    ck_assert(file_is(&whole));
    ck_assert_msg(go(model, 3) == WG_OK, "%s", wg_error()); /* from the old one */
    ck_assert_int_eq(wg_model_epochs(model), 3);
    wg_model_free(model);
}
END_TEST

START_TEST(a_folder_that_cannot_be_written) {
    const struct content whole = sound();
    wg_model *model = build();
    char other[300];
    snprintf(other, sizeof other, "%s/none/model", scratch_folder);
    ck_assert_int_eq(wg_model_save(model, other), WG_ERROR_FILE);
    expect_failure("no folder", WG_ERROR_FILE, other, NULL);
    ck_assert_int_eq(wg_model_save(model, scratch_folder), WG_ERROR_FILE);
    expect_failure("a folder itself", WG_ERROR_FILE, scratch_folder, NULL);
    ck_assert_int_eq(wg_model_save(model, "/dev/full"), WG_ERROR_FILE);
    expect_failure("a full device", WG_ERROR_FILE, "/dev/full", NULL);
    ck_assert_ptr_null(wg_model_load(scratch_folder));
    expect_failure("reading a folder", wg_error_status(), scratch_folder, NULL);
    if (geteuid() != 0) { /* root writes anywhere */
        ck_assert_int_eq(chmod(scratch_folder, 0500), 0);
        ck_assert_int_eq(wg_model_save(model, path), WG_ERROR_FILE);
        expect_failure("save", WG_ERROR_FILE, path, NULL);
        ck_assert_int_eq(chmod(scratch_folder, 0700), 0);
    }
    ck_assert(file_is(&whole));
    wg_model_free(model);
}
END_TEST

int main(void) {
    const TTest *const tests[] = {no_prefix_is_read, no_flipped_bit_is_read,
                                  no_other_bit_is_read_either, a_full_disk_keeps_the_old_file,
                                  a_folder_that_cannot_be_written};
    Suite *suite = suite_create("checkpoint");
    TCase *all = tcase_create("checkpoint");
    tcase_set_timeout(all, 120);
    tcase_add_checked_fixture(all, make_folder, scratch_remove);
    for (size_t i = 0; i < ELEMENTS(tests); i++) tcase_add_test(all, tests[i]);
    suite_add_tcase(suite, all);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    const int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
