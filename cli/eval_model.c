/* wengert eval-model: the loss and metrics of a checkpoint. */
#include <math.h>
#include <stdio.h>

#include "figures.h"
#include "model_file.h"
#include "option_rows.h"
#include "program.h"

static const struct command_help help = {
    "eval-model", "FILE --data DATA [options]",
    "The loss and metrics of a trained model, from a checkpoint that `wengert train --model` wrote,\n"
    "on other data: of the same columns and classes, which the checkpoint remembers, as it does\n"
    "what features were moved and scaled by. Of a directory of images the validation part is\n"
    "taken, of a generated set all.\n"};

static int report(const struct model_file *file, const struct use_options *o) {
    struct wg_evaluation result;
    const struct wg_dataset *data = &file->data;
    if (wg_model_evaluate(file->model, data, &result, .batch_size = evaluation_batch(data)) !=
        WG_OK)
        return library_error("eval-model");
    print_figures(file->model, "", &result, data->examples);
    if (!o->json) return EXIT_GOOD;
    cJSON *json = json_new();
    json_figures(json, file->model, "", &result);
    json_number(json, "examples", (double)data->examples);
    return json_print("eval-model", json, false);
}

int run_eval_model(int argc, char **argv) {
    struct use_options given = NO_USE_OPTIONS, *o = &given;
    const struct option options[] = {
        USE_OPTIONS,
        FLAG_OPTION(json, "json", "ends with one JSON object on a line"),
        {0},
    };
    int words;
    int status = parse_options(&help, options, argc, argv, &words);
    if (status == GO_ON && words > 1)
        return usage_error("eval-model", "unexpected \"%s\"; expected one file", argv[1]);
    struct model_file file;
    if (status == GO_ON)
        status = open_model_file(&file, "eval-model", words ? argv[0] : NULL, o, true);
    if (status != GO_ON) return status;
    status = report(&file, o);
    close_model_file(&file);
    return status;
}
