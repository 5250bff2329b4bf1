#include "say.h"

#include <stdarg.h>
#include <stdio.h>
#include <sys/reboot.h>
#include <unistd.h>

static void say_line(const char *format, va_list arguments)
{
	char line[512] = "mayfly-agent: ";
	size_t used = sizeof "mayfly-agent: " - 1;
	int wanted = vsnprintf(line + used, sizeof line - used - 1, format, arguments);
	if (wanted > 0)
		used += (size_t)wanted < sizeof line - used - 1 ? (size_t)wanted : sizeof line - used - 2;
	line[used++] = '\n';
	if (write(2, line, used) < 0) /* No console: nobody to tell. */
		return;
}

void say(const char *format, ...)
{
	va_list arguments;
	va_start(arguments, format);
	say_line(format, arguments);
	va_end(arguments);
}

void die(const char *format, ...)
{
	va_list arguments;
	va_start(arguments, format);
	say_line(format, arguments);
	va_end(arguments);
	for (;;) {
		reboot(RB_AUTOBOOT);
		pause();
	}
}
