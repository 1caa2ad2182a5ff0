// The report page's sources as bytes of the program. The build embeds them and builds this file again when one of them
// changes; nothing has to be beside the program when it runs.
#include "ReportPage.h"

// #embed is standard since C23; clang 19 and later has it in every mode and warns before C23.
#pragma clang diagnostic ignored "-Wc23-extensions"

static const unsigned char document[] = {
#embed "page.html" suffix(, 0)
};
static const unsigned char style[] = {
#embed "style.css" suffix(, 0)
};
static const unsigned char dom_js[] = {
#embed "script/dom.js" suffix(, 0)
};
static const unsigned char columns_js[] = {
#embed "script/columns.js" suffix(, 0)
};
static const unsigned char format_js[] = {
#embed "script/format.js" suffix(, 0)
};
static const unsigned char replay_js[] = {
#embed "script/replay.js" suffix(, 0)
};
static const unsigned char scale_js[] = {
#embed "script/scale.js" suffix(, 0)
};
static const unsigned char ticks_js[] = {
#embed "script/ticks.js" suffix(, 0)
};
static const unsigned char sampling_js[] = {
#embed "script/sampling.js" suffix(, 0)
};
static const unsigned char search_js[] = {
#embed "script/search.js" suffix(, 0)
};
static const unsigned char rows_js[] = {
#embed "script/rows.js" suffix(, 0)
};
static const unsigned char arrowgroups_js[] = {
#embed "script/arrowgroups.js" suffix(, 0)
};
static const unsigned char groups_js[] = {
#embed "script/groups.js" suffix(, 0)
};
static const unsigned char data_js[] = {
#embed "script/data.js" suffix(, 0)
};
static const unsigned char model_js[] = {
#embed "script/model.js" suffix(, 0)
};
static const unsigned char look_js[] = {
#embed "script/look.js" suffix(, 0)
};
static const unsigned char commands_js[] = {
#embed "script/commands.js" suffix(, 0)
};
static const unsigned char faults_js[] = {
#embed "script/faults.js" suffix(, 0)
};
static const unsigned char canvas_js[] = {
#embed "script/canvas.js" suffix(, 0)
};
static const unsigned char view_js[] = {
#embed "script/view.js" suffix(, 0)
};
static const unsigned char address_js[] = {
#embed "script/address.js" suffix(, 0)
};
static const unsigned char lanes_js[] = {
#embed "script/lanes.js" suffix(, 0)
};
static const unsigned char filter_js[] = {
#embed "script/filter.js" suffix(, 0)
};
static const unsigned char navigate_js[] = {
#embed "script/navigate.js" suffix(, 0)
};
static const unsigned char axis_js[] = {
#embed "script/axis.js" suffix(, 0)
};
static const unsigned char states_js[] = {
#embed "script/states.js" suffix(, 0)
};
static const unsigned char bars_js[] = {
#embed "script/bars.js" suffix(, 0)
};
static const unsigned char marks_js[] = {
#embed "script/marks.js" suffix(, 0)
};
static const unsigned char faultlanes_js[] = {
#embed "script/faultlanes.js" suffix(, 0)
};
static const unsigned char arrows_js[] = {
#embed "script/arrows.js" suffix(, 0)
};
static const unsigned char paintlanes_js[] = {
#embed "script/paintlanes.js" suffix(, 0)
};
static const unsigned char overview_js[] = {
#embed "script/overview.js" suffix(, 0)
};
static const unsigned char plotdata_js[] = {
#embed "script/plotdata.js" suffix(, 0)
};
static const unsigned char plots_js[] = {
#embed "script/plots.js" suffix(, 0)
};
static const unsigned char describe_js[] = {
#embed "script/describe.js" suffix(, 0)
};
static const unsigned char pointer_js[] = {
#embed "script/pointer.js" suffix(, 0)
};
static const unsigned char heat_js[] = {
#embed "script/heat.js" suffix(, 0)
};
static const unsigned char tables_js[] = {
#embed "script/tables.js" suffix(, 0)
};
static const unsigned char commandtable_js[] = {
#embed "script/commandtable.js" suffix(, 0)
};
static const unsigned char costs_js[] = {
#embed "script/costs.js" suffix(, 0)
};
static const unsigned char pace_js[] = {
#embed "script/pace.js" suffix(, 0)
};
static const unsigned char verdicts_js[] = {
#embed "script/verdicts.js" suffix(, 0)
};
static const unsigned char head_js[] = {
#embed "script/head.js" suffix(, 0)
};
static const unsigned char failures_js[] = {
#embed "script/failures.js" suffix(, 0)
};
static const unsigned char searchbox_js[] = {
#embed "script/searchbox.js" suffix(, 0)
};
static const unsigned char main_js[] = {
#embed "script/main.js" suffix(, 0)
};

// Each module after those it imports from.
static const unsigned char *const modules[] = {
    dom_js, columns_js, format_js, replay_js, scale_js, ticks_js, sampling_js, search_js, rows_js, arrowgroups_js,
    groups_js, data_js, model_js, look_js, commands_js, faults_js, canvas_js, view_js, address_js, lanes_js, filter_js,
    navigate_js, axis_js, states_js, bars_js, marks_js, faultlanes_js, arrows_js, paintlanes_js, overview_js,
    plotdata_js, plots_js, describe_js, pointer_js, heat_js, tables_js, commandtable_js, costs_js, pace_js,
    verdicts_js, head_js, failures_js, searchbox_js, main_js,
};

const char *report_page_document(void) { return (const char *)document; }

const char *report_page_style(void) { return (const char *)style; }

size_t report_page_module_count(void) { return sizeof modules / sizeof modules[0]; }

const char *report_page_module(size_t index) { return (const char *)modules[index]; }
