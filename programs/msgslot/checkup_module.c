// SPDX-License-Identifier: GPL-2.0
#include <dlfcn.h>
#include <glob.h>
#include <limits.h>
#include <regex.h>
#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "checkup.h"
#include "diagnosis.h"
#include "fact.h"
#include "installed.h"
#include "msgslot.h"

#define SYSFS "/sys/module/message_slot"
#define SECURE_BOOT \
	"/sys/firmware/efi/efivars/SecureBoot-8be4df61-93ca-11d2-aa0d-00e098032b8c"
#define DKMS_LOG "/var/lib/dkms/message-slot/*/build/make.log"

/* What to do, where that takes more than a line's end. */
static const char other_kernel[] =
	"boot a kernel that it is made for, or install a newer message-slot-dkms";
static const char install[] =
	"sudo apt install message-slot-dkms, or in its source: sudo make install";
static const char sign[] =
	"sudo apt install --reinstall message-slot-dkms has DKMS sign it; then see there";
static const char enroll[] =
	"sudo mokutil --import /var/lib/dkms/mok.pub, reboot, and choose \"Enroll MOK\"";
static const char load[] =
	"sudo modprobe message_slot; if that is refused, what is above says why";
static const char load_anew[] =
	"reboot; or, if all messages may end now: sudo systemctl stop run-slots.mount;";
static const char and_back[] =
	"sudo rmmod message_slot; sudo systemctl start run-slots.mount";
static const char upgrade[] =
	"what only the newer ones know is refused by the older: upgrade them together";
static const char gone_soon[] =
	"is loaded, but not installed for Linux %s: it will be gone after a reboot";

static bool is_loaded(void)
{
	char state[16];

	return fact_read(SYSFS "/initstate", state, sizeof(state)) &&
	       !strcmp(state, "live");
}

/* Return: whether a file matches, and the last that does in @path. */
static bool find_file(const char *pattern, char *path, size_t size)
{
	glob_t found;
	bool any = !glob(pattern, 0, NULL, &found);

	if (any) {
		snprintf(path, size, "%s", found.gl_pathv[found.gl_pathc - 1]);
		globfree(&found);
	}
	return any;
}

/* Return: whether @line, of a dkms.conf, says that there is none for @release. */
static bool excludes(char *line, const char *release)
{
	static const char key[] = "BUILD_EXCLUSIVE_KERNEL=\"";
	regex_t regex;
	bool excluded;

	if (strncmp(line, key, strlen(key)))
		return false;
	line += strlen(key);
	line[strcspn(line, "\"")] = '\0';
	if (regcomp(&regex, line, REG_EXTENDED | REG_NOSUB))
		return false;
	excluded = regexec(&regex, release, 0, NULL, 0);
	regfree(&regex);
	return excluded;
}

static bool is_excluded(const char *conf, const char *release)
{
	FILE *file = fopen(conf, "re");
	char line[512];
	bool excluded = false;

	while (file && !excluded && fgets(line, sizeof(line), file))
		excluded = excludes(line, release);
	if (file)
		fclose(file);
	return excluded;
}

/* There is no file: why DKMS has built none. */
static void explain_dkms(const char *conf, const char *release)
{
	char build[PATH_MAX], log[PATH_MAX];

	snprintf(build, sizeof(build), "/lib/modules/%s/build/Makefile",
		 release);
	if (is_excluded(conf, release)) {
		diagnosis_add(FINDING_BAD, "module",
			      "is not made for Linux %s, which %s leaves out",
			      release, conf);
		diagnosis_advise("%s", other_kernel);
	} else if (access(build, F_OK)) {
		diagnosis_add(FINDING_BAD, "module",
			      "is not built: Linux %s has no headers here",
			      release);
		diagnosis_advise("sudo apt install linux-headers-%s", release);
	} else if (find_file(DKMS_LOG, log, sizeof(log))) {
		diagnosis_add(FINDING_BAD, "module",
			      "is not built for Linux %s: see %s", release,
			      log);
		diagnosis_advise("sudo dkms autoinstall");
	} else {
		diagnosis_add(FINDING_BAD, "module",
			      "is not built for Linux %s", release);
		diagnosis_advise("sudo dkms autoinstall");
	}
}

static void explain_missing(const char *release)
{
	char conf[PATH_MAX];

	if (is_loaded()) {
		diagnosis_add(FINDING_NOTE, "module", gone_soon, release);
		diagnosis_advise("sudo make install");
	} else if (find_file("/usr/src/message-slot-*/dkms.conf", conf,
			     sizeof(conf))) {
		explain_dkms(conf, release);
	} else {
		diagnosis_add(FINDING_BAD, "module",
			      "is not installed for Linux %s", release);
		diagnosis_advise("%s", install);
	}
}

/* Return: why the kernel takes only signed modules, or NULL if it takes others. */
static const char *why_signed(void)
{
	char line[128];

	if (fact_read("/sys/module/module/parameters/sig_enforce", line,
		      sizeof(line)) &&
	    *line == 'Y')
		return "module.sig_enforce";
	if (fact_read("/sys/kernel/security/lockdown", line, sizeof(line)) &&
	    !strstr(line, "[none]"))
		return "lockdown";
	return NULL;
}

/* A variable of the firmware's is four bytes of attributes, then its value. */
static void check_secure_boot(void)
{
	FILE *variable = fopen(SECURE_BOOT, "re");
	unsigned char bytes[5];
	const char *why = why_signed();
	bool on = variable &&
		  fread(bytes, 1, sizeof(bytes), variable) == sizeof(bytes) &&
		  bytes[4] == 1;

	if (variable)
		fclose(variable);
	diagnosis_add(FINDING_GOOD, "boot", "Secure Boot is %s; %s%s",
		      on ? "on" : "off",
		      why ? "the kernel takes only signed modules: " :
			    "the kernel takes modules that are not signed",
		      why ? why : "");
}

static void check_unsigned(const char *why)
{
	if (!why) {
		diagnosis_add(FINDING_GOOD, "signature",
			      "none, which this kernel takes");
		return;
	}
	diagnosis_add(FINDING_BAD, "signature",
		      "none, and this kernel takes only signed modules (%s)",
		      why);
	diagnosis_advise("%s", sign);
}

/* The keyrings of the kernel's are root's to see. */
static void check_signed(const char *signer, const char *why)
{
	if (!why || is_loaded() || fact_has("/proc/keys", signer)) {
		diagnosis_add(FINDING_GOOD, "signature", "by %s", signer);
		return;
	}
	diagnosis_add(geteuid() ? FINDING_NOTE : FINDING_BAD, "signature",
		      "by %s, whose key this kernel %s", signer,
		      geteuid() ? "may not know; root could see" :
				  "does not know");
	diagnosis_advise("%s", enroll);
}

static const char *compared(const char *version, const char *with)
{
	int order = strverscmp(version, with);

	return order < 0 ? "older" : order > 0 ? "newer" : "another build";
}

/*
 * What is loaded tells its source, too: two builds of one version may differ, and two
 * versions have one source if only what is beside the module has changed.
 */
static void check_loaded(const struct installed *file)
{
	char version[64] = "", srcversion[64] = "";

	if (!is_loaded()) {
		diagnosis_add(FINDING_BAD, "loaded",
			      "the module is not loaded");
		diagnosis_advise("%s", load);
		return;
	}
	fact_read(SYSFS "/version", version, sizeof(version));
	fact_read(SYSFS "/srcversion", srcversion, sizeof(srcversion));
	if (!*file->file || (!strcmp(version, file->version) &&
			     !strcmp(srcversion, file->srcversion))) {
		diagnosis_add(FINDING_GOOD, "loaded", "version %s", version);
		return;
	}
	diagnosis_add(FINDING_NOTE, "loaded",
		      "version %s, %s than the file, which has %s", version,
		      compared(version, file->version), file->version);
	diagnosis_advise("%s %s", load_anew, and_back);
}

static const char *library_version(void)
{
	void *library = dlopen("libmsgslot.so.1", RTLD_NOW);
	const char *(*version)(void) = NULL;

	if (library)
		*(void **)&version = dlsym(library, "msgslot_version");
	return version ? version() : NULL;
}

static void check_versions(const struct installed *file)
{
	const char *library = library_version();
	char module[64] = "";
	bool same;

	if (!fact_read(SYSFS "/version", module, sizeof(module)))
		snprintf(module, sizeof(module), "%s", file->version);
	same = (!*module || !strcmp(module, msgslot_version())) &&
	       (!library || !strcmp(library, msgslot_version()));
	diagnosis_add(same ? FINDING_GOOD : FINDING_NOTE, "versions",
		      "module %s, library %s, msgslot %s",
		      *module ? module : "none", library ? library : "none",
		      msgslot_version());
	if (!same)
		diagnosis_advise("%s", upgrade);
}

void checkup_module(void)
{
	const char *why = why_signed();
	struct installed file;
	struct utsname kernel;

	uname(&kernel);
	diagnosis_add(FINDING_GOOD, "kernel", "Linux %s, %s", kernel.release,
		      kernel.machine);
	if (installed_find(&file))
		diagnosis_add(FINDING_GOOD, "module", "%s, version %s",
			      file.file, file.version);
	else
		explain_missing(kernel.release);
	check_secure_boot();
	if (*file.file && *file.signer)
		check_signed(file.signer, why);
	else if (*file.file)
		check_unsigned(why);
	check_loaded(&file);
	check_versions(&file);
}
