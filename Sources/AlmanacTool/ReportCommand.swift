internal import ArgumentParser
internal import Lab

/// `almanac report`: writes the report of a run.
struct ReportCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "report", abstract: "Draw a run as one HTML page.",
        discussion: """
            Machines are lanes, and frames are arrows between them; faults, commands, checks, console lines, plots and costs \
            are shown too. The page loads nothing from the network. Every run writes it at its end (report.html) unless \
            --no-report is given. This command also draws a run that continues or was killed.
            """)

    @Argument(help: ArgumentHelp("The run folder.", valueName: "RUN"))
    var folder: String

    @Option(
        help: ArgumentHelp("The file to write. Default: report.html in the run folder.", valueName: "FILE"))
    var out: String?

    func run() throws {
        _ = try TraceCommand.path(folder)
        let path = try RunResults(of: folder).writeReport(to: out)
        print(path)
    }
}
