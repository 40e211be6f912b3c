# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True, initializedcheck=False
"""The compiled path of reading: what `classifier.scorer`, `classifier.signals` and `classifier.text` do, in machine code.

Those modules say what is computed and why; this one computes the same, and the tests compare the two on every kind of
text. Without a compiler this module is missing and they do it themselves, some ten times as slowly; words are then cut
by rjieba, with which the cut made here is compared too.

A term is known by a key of 64 bits: a character, a pair of characters, a concept, a pair of concepts, and a word of one
or two characters by what they are made of, so that no two have the same; longer words, pairs of words and words in
scopes by a hash of 61 bits. A vocabulary of which two terms have one key is refused; that a term of a text has, by
chance, the key of another one is expected once in 10¹² texts.

Kernels work in memory of their own, and on the text that was cut last, under the interpreter's lock. Where Python code
runs in their midst (that for traditional characters, or the collector's when an object is made), another thread may have
its turn: so results are copied before the first object is made of them, and `PlainText` says when it is busy.
"""

from libc.math cimport expf, log, logf, sqrtf
from libc.stdint cimport int32_t, uint32_t, uint64_t
from libc.stdlib cimport calloc, free, realloc
from libc.string cimport memset

cdef extern from "Python.h":
    int PyUnicode_KIND(object text)
    void* PyUnicode_DATA(object text)
    Py_ssize_t PyUnicode_GET_LENGTH(object text)
    Py_UCS4 PyUnicode_READ(int kind, void* data, Py_ssize_t index)
    bint Py_UNICODE_ISALNUM(Py_UCS4 character)
    int PyUnicode_4BYTE_KIND
    str PyUnicode_FromKindAndData(int kind, const void* buffer, Py_ssize_t size)
    bytes PyBytes_FromStringAndSize(const char* buffer, Py_ssize_t size)

cdef extern from *:
    """
    #include <stdlib.h>
    #include <string.h>
    #if defined(__linux__)
    #include <sys/mman.h>
    static void* zeroed(size_t size) {  /* in large pages: look-ups all over a table are a twentieth faster */
        void* memory;
        size_t huge = (size_t)1 << 21;
        if (size < huge) return calloc(1, size);
        if (posix_memalign(&memory, huge, size)) return NULL;
        madvise(memory, size, MADV_HUGEPAGE);
        memset(memory, 0, size);
        return memory;
    }
    #else
    static void* zeroed(size_t size) { return calloc(1, size); }
    #endif
    #if defined(__GNUC__)
    #define prefetch(address) __builtin_prefetch(address)
    #else
    #define prefetch(address) ((void)0)
    #endif
    """
    void* zeroed(size_t size)
    void prefetch(const void* address)  # most of the time goes by in waiting for memory: several waits at once cost one

cdef enum:
    # What a key is a key of: its first three bits. 0 is none at all.
    CHARACTER = 1
    CHARACTERS = 2
    CONCEPT = 3
    SHORT_WORD = 4
    LONG_WORD = 5
    WORDS = 6
    SCOPED = 7

    BLANK = 32
    ZERO = 48
    CODES = 1 << 16
    FRAME = 3  # classifier.features._FRAME
    MOST_SIGNALS = 64

include "keys.pxi"
include "terms.pxi"
include "texts.pxi"
include "words.pxi"
include "concepts.pxi"
include "categories.pxi"
include "signals.pxi"
include "plain.pxi"
