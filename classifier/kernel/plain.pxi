# `classifier.text`, for texts that need few of its rules.

cdef enum:
    # Kinds of characters, as `classifier.text.plain_characters` gives them.
    HARD = 0
    OTHER = 1
    WHITE = 2
    DIGIT = 3
    DASH = 4
    LETTER = 5
    HAN = 6
    PROVINCE = 7
    ELLIPSIS = 8
    BRACKET = 9
    TRADITIONAL = 10

    SHORTEST_PLATE = 4  # letters and digits of its end: classifier.masking._PLATE
    LONGEST_NOTE = 7  # letters: classifier.text._NOTE
    SHORTEST_PERSONAL = 7  # digits: classifier.masking._NUMBER
    LONGEST_NUMBER = 6  # digits: classifier.text._LONGEST_NUMBER


cdef class PlainText:
    """The canonical form of texts that need few of the rules of `classifier.text`, as most do.

    What has notes, mark-up or rare characters, or might have personal data, is left to the rules themselves.

    Parameters
    ----------
    kinds : bytes, 65,536 of them
        The kind of each character; what is beyond is hard.
    forms : uint16, shape (65536,)
        What each character becomes.
    cues : sequence of (str, str)
        Words before personal data, the longest first, and the characters of which one must follow; any if empty.
    passed_over : str
        Characters that may stand between, two at most.
    simplified : callable
        Gives for a text with traditional characters the same in simplified ones, each in its place, and what words of
        it are to be put in other words: start, end, and word.
    personal : callable
        Whether a canonical text holds personal data; asked if it holds a cue.
    """

    cdef bytes kinds
    cdef const unsigned char* kind
    cdef const unsigned short[::1] forms
    cdef Concepts cues
    cdef list following
    cdef Table passed_over
    cdef object simplified
    cdef object personal
    cdef Text text
    cdef Text canonical
    cdef Span* spans  # of the original, for each canonical character
    cdef Py_ssize_t room
    cdef bint traditional
    cdef str last
    cdef bint busy
    cdef bint last_is_plain

    def __init__(self, kinds, forms, cues, passed_over, simplified, personal):
        self.kinds, self.forms, self.simplified, self.personal = kinds, forms, simplified, personal
        self.kind = self.kinds
        self.cues = Concepts(cues, ())
        self.following = [None] + [characters(follows) for follows in sorted(self.cues.numbers)]
        self.passed_over = characters(passed_over)
        self.text, self.canonical = Text(), Text()

    def __dealloc__(self):
        free(self.spans)

    def read(self, str text):
        """The canonical form of a text; None if that is for the rules to say, or another thread is at it just now."""
        if self.busy:
            return None
        self.busy = True
        try:
            return self.canonical.string() if self._is_plain(text) else None
        finally:
            self.busy = False

    def align(self, str text):
        """The same, and for each character of it the half-open span of the original that it stands for."""
        if self.busy:
            return None
        self.busy = True
        try:
            if not self._is_plain(text):
                return None
            spans = tuple([(self.spans[j].start, self.spans[j].end) for j in range(self.canonical.length)])
            return self.canonical.string(), spans
        finally:
            self.busy = False

    def locate(self, str text, list spans):
        """The half-open spans of the original that spans of the canonical form stand for; None as above."""
        if self.busy:
            return None
        self.busy = True
        try:
            if not self._is_plain(text):
                return None
            return [(self.spans[start].start, self.spans[end - 1].end) for start, end in spans]
        finally:
            self.busy = False

    cdef bint _is_plain(self, str text) except -1:
        """Fill `canonical` and `spans`, if they can be told; who asks again for the same text has them at once."""
        if text is not self.last:
            self.last, self.traditional = None, False
            self.last_is_plain = self._rewrite(text)
            if self.last_is_plain and self.traditional:
                self._simplify()
            if self.last_is_plain and self._has_cue():
                self.last_is_plain = not self.personal(self.canonical.string())
            self.last = text
        return self.last_is_plain

    cdef int _simplify(self) except -1:
        text, words = self.simplified(self.canonical.string())
        self.canonical.take(text)
        if words:
            self._reword(text, words)
        return 0

    cdef int _reword(self, str text, list words) except -1:
        """Put words in the place of others, as `classifier.text._AlignedDraft` does."""
        cdef Py_ssize_t same, done = 0, start, end, j
        spans = []
        pieces = []
        before = [(self.spans[j].start, self.spans[j].end) for j in range(len(text))]
        for start, end, word in words:
            pieces += text[done:start], word
            spans += before[done:start]
            same = 0
            while same < min(end - start, len(word)) and text[start + same] == word[same]:
                same += 1
            if len(word) == end - start:
                spans += before[start:end]
            else:
                rest = before[min(start + same, end - 1) : end]
                spans += before[start : start + same] + [(rest[0][0], before[end - 1][1])] * (len(word) - same)
            done = end
        self.canonical.take("".join([*pieces, text[done:]]))
        spans += before[done:]
        self._reserve(len(spans))
        for j in range(len(spans)):
            self.spans[j] = Span(spans[j][0], spans[j][1], 0)
        return 0

    cdef int _reserve(self, Py_ssize_t length) except -1:
        cdef Span* spans
        self.canonical.reserve(length)
        if length > self.room:
            spans = <Span*>realloc(self.spans, 2 * length * sizeof(Span))
            if spans == NULL:
                raise MemoryError
            self.spans, self.room = spans, 2 * length
        return 0

    cdef bint _is_note(self, Py_ssize_t i) noexcept:
        """Whether a bracket opens at i around what could be a reading in Latin letters."""
        cdef Py_ssize_t begun = i + 1
        i = begun
        while i < self.text.length and self._kind_at(i) == LETTER:
            i += 1
        if not begun < i <= begun + LONGEST_NOTE:
            return False
        if i < self.text.length and self._kind_at(i) == WHITE:
            i += 1
        return i < self.text.length and self.text.characters[i] < CODES and self.forms[self.text.characters[i]] == u")"

    cdef bint _is_plate(self, Py_ssize_t i) noexcept:
        """Whether what stands at i, behind a province and a letter, could end a licence plate."""
        cdef Py_ssize_t begun
        cdef bint any_digit = False
        while i < self.text.length and self._kind_at(i) == WHITE:
            i += 1
        if i < self.text.length and (self._kind_at(i) == DASH or self._kind_at(i) == OTHER):
            i += 1
        begun = i
        while i < self.text.length and (self._kind_at(i) == LETTER or self._kind_at(i) == DIGIT):
            any_digit = any_digit or self._kind_at(i) == DIGIT
            i += 1
        return any_digit and i - begun >= SHORTEST_PLATE

    cdef inline int _kind_at(self, Py_ssize_t i) noexcept:
        return self.kind[self.text.characters[i]] if self.text.characters[i] < CODES else HARD

    cdef bint _rewrite(self, str original) except -1:
        """Fill `canonical`. False if a character is hard, or digits might be personal."""
        cdef Py_ssize_t i, j, begun, length, digits = 0, run = 0
        cdef int kind, last = WHITE
        cdef uint32_t* text
        cdef uint32_t* out
        self.text.take(original)
        length = self.text.length
        self._reserve(3 * length + 1)
        text, out = self.text.characters, self.canonical.characters
        j = i = 0
        while i < length:
            kind = self._kind_at(i)
            if kind == HARD or (kind == BRACKET and self._is_note(i)):
                return False
            if kind == WHITE:
                begun = i
                while i < length and self._kind_at(i) == WHITE:
                    i += 1
                if j == 0 or i == length or (is_han(out[j - 1]) and text[i] < CODES and is_han(self.forms[text[i]])):
                    continue
                # What is left of a run of blanks stands for the first of them, of other white space for all.
                out[j] = BLANK
                self.spans[j] = Span(begun, begun + 1 if self.forms[text[begun]] == BLANK else i, 0)
                j += 1
                kind = DASH  # digits may go on behind a blank as behind a dash
            elif kind == ELLIPSIS:
                for begun in range(3):
                    out[j] = u"."
                    self.spans[j] = Span(i, i + 1, 0)
                    j += 1
                i += 1
            else:
                out[j] = self.forms[text[i]]
                self.spans[j] = Span(i, i + 1, 0)
                j += 1
                i += 1
            if kind == DIGIT:
                digits += 1
                run += 1
                if digits >= SHORTEST_PERSONAL:
                    return False
                if run == LONGEST_NUMBER:
                    for run in range(LONGEST_NUMBER):
                        out[j - 1 - run] = u"0"
                    run = LONGEST_NUMBER
            else:
                run = 0
                if kind != DASH or last == DASH:
                    digits = 0
                if kind == TRADITIONAL:
                    self.traditional = True
                elif kind == LETTER and (last == PROVINCE or last == TRADITIONAL) and self._is_plate(i):
                    return False
            last = kind
        self.canonical.length = j
        return True

    cdef bint _has_cue(self) except -1:
        cdef Py_ssize_t position, i
        cdef int32_t number
        cdef Table follows
        cdef uint32_t* text = self.canonical.characters
        cdef Py_ssize_t length = self.canonical.length
        for position in range(length - 1):
            number = self.cues.at(text, length, position)
            if number < 0:
                continue
            follows = self.following[self.cues.expressions[number].concept]
            i = position + self.cues.expressions[number].length
            if follows is None:
                return True
            for i in range(i, min(i + 3, length)):
                if follows.get(text[i]) > 0:
                    return True
                if self.passed_over.get(text[i]) < 0:
                    break
        return False


cdef inline bint is_han(Py_UCS4 c) noexcept:  # classifier.text._BROKEN_LINE
    return 0x3400 <= c <= 0x9FFF or c == u"、" or c == u"。"


cdef Table characters(str of):
    cdef Table table
    if not of:
        return None
    table = Table(len(of))
    for character in of:
        table.put(ord(character), 1)
    return table
