internal import Glibc
internal import Lab

/// The terminal of this program.
struct Terminal: Sendable {
    /// Standard input and output are one.
    static var isThere: Bool { isatty(STDIN_FILENO) == 1 && isatty(STDOUT_FILENO) == 1 }

    /// The kind that programs ask terminfo for.
    static var kind: String {
        // The text is copied at once.
        unsafe getenv("TERM").map { unsafe String(cString: $0) } ?? "dumb"
    }

    static var size: TerminalSize {
        var size = winsize()
        let isKnown =
            unsafe ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0 && size.ws_row > 1 && size.ws_col > 0
        return isKnown
            ? TerminalSize(rows: size.ws_row, columns: size.ws_col) : TerminalSize(rows: 24, columns: 80)
    }

    private let settings: termios

    /// Every key comes as it is typed, and nothing is echoed.
    ///
    /// - Throws: when standard input is no terminal.
    init() throws(RunError) {
        var settings = termios()
        guard unsafe tcgetattr(STDIN_FILENO, &settings) == 0 else {
            throw RunError(.usage, "standard input is no terminal")
        }
        self.settings = settings
        setRaw()
    }

    func setRaw() {
        var raw = settings
        unsafe cfmakeraw(&raw)
        unsafe tcsetattr(STDIN_FILENO, TCSANOW, &raw)
    }

    /// As it was before.
    func restore() {
        var settings = settings
        unsafe tcsetattr(STDIN_FILENO, TCSANOW, &settings)
    }
}
