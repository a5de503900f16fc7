// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * msgslot._reader: what a mapped read does, without what ctypes costs. By the stable
 * ABI, so one file serves each Python from 3.7 on. Where it is not there,
 * _reader_ctypes.py has the same class.
 */
#define PY_SSIZE_T_CLEAN
#define Py_LIMITED_API 0x03070000
#include <Python.h>
#include <msgslot.h>

/**
 * struct reader - a msgslot._reader.Reader, the base of msgslot.Reader
 * @raw: the library's
 * @open: the view is there still; never if __init__() was not called
 *
 * The interpreter's lock is held for all that is done with one.
 */
struct reader {
	PyObject_HEAD struct msgslot_reader raw;
	int open;
};

static int reader_init(PyObject *self, PyObject *arguments, PyObject *keywords)
{
	struct reader *reader = (struct reader *)self;
	unsigned long long view;
	unsigned int channel;

	(void)keywords;
	if (!PyArg_ParseTuple(arguments, "KI", &view, &channel))
		return -1;
	msgslot_reader_init(&reader->raw, (void *)(uintptr_t)view, channel);
	reader->open = 1;
	return 0;
}

/* The exceptions are made in Python, where all others are. */
static PyObject *fail(PyObject *self, ssize_t result)
{
	return PyObject_CallMethod(self, "_fail", "n", (Py_ssize_t)result);
}

/* A message that is longer than most: with more room, until it fits. */
static PyObject *get_long(PyObject *self, struct msgslot_info *info)
{
	struct reader *reader = (struct reader *)self;
	size_t room = MSG_SLOT_MAX_MESSAGE;
	ssize_t size = -ENOSPC;
	PyObject *bytes = NULL;
	char *buf = NULL;

	while (size == -ENOSPC) {
		room *= 2;
		PyMem_Free(buf);
		buf = PyMem_Malloc(room);
		if (!buf)
			return PyErr_NoMemory();
		size = msgslot_reader_get(&reader->raw, buf, room, info);
	}
	bytes = size < 0 ? fail(self, size) :
			   PyBytes_FromStringAndSize(buf, size);
	PyMem_Free(buf);
	return bytes;
}

static PyObject *get(PyObject *self, struct msgslot_info *info)
{
	struct reader *reader = (struct reader *)self;
	char buf[MSG_SLOT_MAX_MESSAGE];
	ssize_t size;

	if (!reader->open)
		return PyObject_CallMethod(self, "_closed", NULL);
	size = msgslot_reader_get(&reader->raw, buf, sizeof(buf), info);
	if (size >= 0)
		return PyBytes_FromStringAndSize(buf, size);
	return size == -ENOSPC ? get_long(self, info) : fail(self, size);
}

static PyObject *reader_get(PyObject *self, PyObject *unused)
{
	(void)unused;
	return get(self, NULL);
}

static PyObject *reader_get_all(PyObject *self, PyObject *unused)
{
	struct msgslot_info info;
	PyObject *bytes = get(self, &info);

	(void)unused;
	if (!bytes)
		return NULL;
	return Py_BuildValue("NKKK", bytes, (unsigned long long)info.version,
			     (unsigned long long)info.written,
			     (unsigned long long)info.expires);
}

static PyObject *reader_close(PyObject *self, PyObject *unused)
{
	(void)unused;
	((struct reader *)self)->open = 0;
	Py_RETURN_NONE;
}

static PyMethodDef methods[] = {
	{ "get", reader_get, METH_NOARGS,
	  "The channel's message, or NoMessage is raised." },
	{ "_get_all", reader_get_all, METH_NOARGS, NULL },
	{ "_close", reader_close, METH_NOARGS, NULL },
	{ NULL, NULL, 0, NULL },
};

static PyType_Slot slots[] = {
	{ Py_tp_init, (void *)reader_init },
	{ Py_tp_methods, methods },
	{ 0, NULL },
};

static PyType_Spec spec = {
	.name = "msgslot._reader.Reader",
	.basicsize = sizeof(struct reader),
	.flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE,
	.slots = slots,
};

static struct PyModuleDef module = {
	PyModuleDef_HEAD_INIT,
	.m_name = "msgslot._reader",
	.m_size = -1,
};

PyMODINIT_FUNC PyInit__reader(void)
{
	PyObject *self = PyModule_Create(&module);
	PyObject *type = PyType_FromSpec(&spec);

	if (self && type && !PyModule_AddObject(self, "Reader", type))
		return self;
	Py_XDECREF(type);
	Py_XDECREF(self);
	return NULL;
}
