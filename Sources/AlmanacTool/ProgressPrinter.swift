internal import Glibc
internal import Lab
internal import Report

/// Prints the progress of a run, for people or for programs.
///
/// On a terminal, one status line is updated four times a second; elsewhere a plain line is printed every ten seconds of
/// wall-clock time. With `--format json` each event is an object on a line of its own.
struct ProgressPrinter {
    private let format: Run.Format
    private let quiet: Bool
    private let isTerminal: Bool
    /// Tick of the last line.
    private var lastTick = 0
    private var lineIsShown = false

    init(format: Run.Format, quiet: Bool) {
        self.format = format
        self.quiet = quiet
        isTerminal = isatty(STDERR_FILENO) == 1
    }

    mutating func update(_ run: LabRun) {
        printEvents(run)
        guard !quiet, format == .text else { return }
        // The run ticks four times per second of wall-clock time; between ticks nothing is printed.
        guard run.ticks >= lastTick + (isTerminal ? 1 : 10 * LabRun.ticksPerSecond) else { return }
        lastTick = run.ticks
        let status = run.status.text(width: isTerminal ? terminalWidth : 200)
        if isTerminal {
            lineIsShown = true
            writeText("\r\u{1b}[K\(status)", to: STDERR_FILENO)
        } else {
            standardError(status)
        }
    }

    mutating func finish(_ run: LabRun) {
        printEvents(run)
        if lineIsShown { writeText("\r\u{1b}[K", to: STDERR_FILENO) }
        lineIsShown = false
    }

    private func printEvents(_ run: LabRun) {
        let events = run.takeEvents()
        guard format == .json else { return }
        for event in events { writeText(event.line(), to: STDOUT_FILENO) }
    }

    private var terminalWidth: Int {
        var size = winsize()
        let known = unsafe ioctl(STDERR_FILENO, UInt(TIOCGWINSZ), &size) == 0
        return known && size.ws_col > 0 ? Int(size.ws_col) : 80
    }
}
