internal import ArgumentParser
internal import Lab
internal import LabPlan

/// `almanac get`: copies a file or a folder of a machine to the host.
struct Get: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "get", abstract: "Copy a file or folder of a machine from a run.",
        discussion: """
            While the run goes on, copies what the machine has at the run's instant. Afterwards reads the disk that a machine with `state: keep` has left in the run folder, and its artifacts. The disk is not \
            changed; no root rights are needed. Files that the machine never wrote are the host's own. A folder is copied with all that is in it; \
            symbolic links that lead out of it, devices and owners are left out.
            """)

    @Argument(help: ArgumentHelp("The run folder.", valueName: "RUN"))
    var folder: String

    @Argument(
        help: ArgumentHelp("The machine and the file or folder in it: m2:/var/lib/app.", valueName: "M:PATH"))
    var source: String

    @Argument(
        help: ArgumentHelp(
            "Where to copy it; in a folder that exists under its own name. Default: its own name in the current folder.",
            valueName: "TARGET"))
    var target: String?

    @Flag(help: "Replace the target if it exists, a folder with all that is in it.")
    var force = false

    func run() throws {
        guard let colon = source.firstIndex(of: ":") else {
            throw ValidationError("'\(source)' names no machine: write M:/PATH, as in m2:/var/lib/app")
        }
        if RunResults(of: folder).isBeingWritten {
            let place = try Visitor.Place(source, option: "get")
            return print(
                try Visitor(folder: folder).get(place, to: target ?? ".", replacing: force))
        }
        let copied = try RunFiles(of: folder).copy(
            String(source[source.index(after: colon)...]), of: String(source[..<colon]), to: target,
            replacing: force)
        for note in copied.notes { standardError("almanac: note: \(note)") }
        print(copied.target)
    }
}

/// What `--artifacts` says.
func artifactPatterns(_ texts: [String]) throws -> [ArtifactPattern] {
    try texts.map { text in
        do throws(TextError) {
            return try ArtifactPattern.parse(text)
        } catch {
            throw ValidationError("--artifacts: \(error)")
        }
    }
}
