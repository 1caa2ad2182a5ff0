// The sources of the report page: NUL-terminated UTF-8 that lives as long as the program.
#ifndef REPORT_PAGE_H
#define REPORT_PAGE_H

#include <stddef.h>

/// page.html, in which {{style}}, {{data}} and {{script}} are to be replaced.
const char *report_page_document(void);

/// style.css.
const char *report_page_style(void);

/// The number of modules in script/.
size_t report_page_module_count(void);

/// A module of script/; each follows those it imports from. `index` is below the count.
const char *report_page_module(size_t index);

#endif
