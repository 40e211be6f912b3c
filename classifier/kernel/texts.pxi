# Texts as code points, and as the pieces they were cut into.

cdef struct Span:
    Py_ssize_t start
    Py_ssize_t end
    Py_ssize_t terms  # of the text up to its end


cdef class Text:
    """A text as code points."""

    cdef uint32_t* characters
    cdef Py_ssize_t length
    cdef Py_ssize_t room

    def __dealloc__(self):
        free(self.characters)

    cdef int reserve(self, Py_ssize_t length) except -1:
        cdef uint32_t* characters
        if length > self.room:
            characters = <uint32_t*>realloc(self.characters, 2 * length * sizeof(uint32_t))
            if characters == NULL:
                raise MemoryError
            self.characters, self.room = characters, 2 * length
        return 0

    cdef int take(self, str text) except -1:
        cdef int kind = PyUnicode_KIND(text)
        cdef void* data = PyUnicode_DATA(text)
        cdef Py_ssize_t i
        self.length = PyUnicode_GET_LENGTH(text)
        self.reserve(self.length + 1)
        for i in range(self.length):
            self.characters[i] = PyUnicode_READ(kind, data, i)
        return 0

    cdef str string(self):
        return PyUnicode_FromKindAndData(PyUnicode_4BYTE_KIND, self.characters, self.length)


cdef struct Piece:
    Py_ssize_t start
    Py_ssize_t end
    uint64_t key  # 0 for what is no word


cdef class Cut(Text):
    """A canonical text, and the pieces it was cut into."""

    cdef Piece* pieces
    cdef Py_ssize_t count
    cdef Py_ssize_t piece_room
    cdef str canonical
    cdef list given

    def __dealloc__(self):
        free(self.pieces)

    cdef int take_cut(self, str canonical, list pieces) except -1:
        """Take a text and its pieces; who comes with the same ones again finds them here."""
        if canonical is self.canonical and pieces is self.given:
            return 0
        self.canonical = self.given = None
        self._take_cut(canonical, pieces)
        self.canonical, self.given = canonical, pieces
        return 0

    cdef int _take_cut(self, str canonical, list pieces) except -1:
        cdef Piece* room
        cdef Piece* piece
        cdef Py_ssize_t i, j, start = 0
        self.take(canonical)
        self.count = len(pieces)
        if self.count > self.piece_room:
            room = <Piece*>realloc(self.pieces, 2 * self.count * sizeof(Piece))
            if room == NULL:
                raise MemoryError
            self.pieces, self.piece_room = room, 2 * self.count
        for i in range(self.count):
            piece = &self.pieces[i]
            piece.start, piece.end, piece.key = start, start + len(<str>pieces[i]), 0
            start = piece.end
            if start > self.length:
                break
            for j in range(piece.start, piece.end):
                if in_word(self.characters[j]):
                    piece.key = word_key(self.characters + piece.start, piece.end - piece.start)
                    break
        if start != self.length:
            raise ValueError(f"pieces of {start} characters do not make up a text of {self.length}")
        return 0


cdef Cut CUT = Cut()
"""The last text that was cut: categories and signals are read of the same."""
