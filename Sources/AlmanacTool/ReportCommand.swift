internal import ArgumentParser
internal import Lab

/// `almanac report`: draw a run.
struct ReportCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "report", abstract: "Draw a run as one HTML page.",
        discussion: """
            Machines are lanes, frames are arrows between them; with faults, commands, checks, console lines, plots \
            and costs. The page needs no network. Every run writes it at its end (report.html) unless told --no-report; a run that goes on, or was \
            killed, can be drawn too.
            """)

    @Argument(help: ArgumentHelp("The run folder.", valueName: "run"))
    var folder: String

    @Option(help: "The file to write. Default: report.html in the run folder.")
    var out: String?

    func run() throws {
        _ = try TraceCommand.path(folder)
        let path = try RunResults(of: folder).writeReport(to: out)
        print(path)
    }
}
