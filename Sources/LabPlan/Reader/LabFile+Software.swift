/// What a machine's root is, and how its programs start.
extension LabFile {
    static func softwarePlan(_ keys: FoundKeys) throws(LabFileError) -> SoftwarePlan {
        var plan = SoftwarePlan()
        if let root = keys["root"], try root.string() != "host" {
            plan.root = try root.value(RootSource.parse)
        }
        if keys["run"] != nil, let program = keys["entrypoint"] ?? keys["command"] {
            throw program.error(
                "\(program.name): 'run' replaces the machine's program, so leave one of the two out")
        }
        plan.entrypoint = try keys["entrypoint"].map { (node) throws(LabFileError) in try words(node) }
        plan.command = try keys["command"].map { (node) throws(LabFileError) in try words(node) }
        plan.user = try keys["user"].map { (node) throws(LabFileError) in try node.value(userText) }
        plan.workingFolder = try keys["workdir"].map { (node) throws(LabFileError) in
            try node.value(folderText)
        }
        if let restart = keys["restart"] { plan.restart = try restart.value(RestartPolicy.parse) }
        plan.hostName = try keys["hostname"].map { (node) throws(LabFileError) in try node.value(hostNameText)
        }
        return plan
    }

    /// The words of a program.
    static func words(_ reader: NodeReader) throws(LabFileError) -> [String] {
        guard reader.isSequence else {
            throw reader.error("\(reader.name) must be a list of words, such as [ping, -c, \"3\", m2]")
        }
        var words: [String] = []
        for element in try reader.elements() {
            // A word may be empty, and numbers need no quotes.
            guard let word = element.text else {
                throw element.error("a word of \(reader.name) must be a text")
            }
            guard !word.utf8.contains(0) else { throw element.error("\(reader.name) holds a zero byte") }
            words.append(word)
        }
        guard let first = words.first, !first.isEmpty else {
            throw reader.error("\(reader.name) names no program")
        }
        guard words.reduce(0, { $0 + $1.utf8.count + 1 }) <= 60_000 else {
            throw reader.error("\(reader.name) is longer than 60,000 bytes")
        }
        return words
    }

    private static func userText(_ text: String) throws(TextError) -> String {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        let areNames = parts.allSatisfy { part in
            !part.isEmpty && !part.hasPrefix("-")
                && part.utf8.allSatisfy { Self.isNameByte($0) || $0 == UInt8(ascii: "_") }
        }
        guard areNames, parts.count <= 2, text.utf8.count <= 200 else {
            throw TextError("\(quoted(text)) is not a user: write NAME, NAME:GROUP, or numbers")
        }
        return text
    }

    private static func folderText(_ text: String) throws(TextError) -> String {
        guard text.hasPrefix("/"), !text.utf8.contains(0), !text.split(separator: "/").contains("..") else {
            throw TextError("\(quoted(text)) is not an absolute path of a folder")
        }
        return text
    }

    private static func hostNameText(_ text: String) throws(TextError) -> String {
        let isName = text.utf8.allSatisfy(Self.isNameByte)
        guard isName, !text.isEmpty, text.utf8.count <= 64, !text.hasPrefix("-"), !text.hasPrefix("."),
            !text.hasSuffix("-")
        else {
            throw TextError(
                "\(quoted(text)) is not a host name: letters, digits, inner hyphens and dots, at most 64")
        }
        return text
    }

    private static func isNameByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."):
            true
        default: false
        }
    }
}

extension CommandPlan {
    /// The program that a machine runs without `run`; nil if it names none.
    package static func program(of software: SoftwarePlan) -> CommandPlan? {
        let words = (software.entrypoint ?? []) + (software.command ?? [])
        guard !words.isEmpty else { return nil }
        var plan = CommandPlan(
            index: 0, command: "", at: nil, background: false, expectation: .statusOrRunning(0),
            stopSignal: .term)
        plan.set(words: words)
        return plan
    }

    /// It executes these words without a shell.
    mutating func set(words: [String]) {
        self.words = words
        command = Self.text(of: words)
    }

    /// The words of a program as a shell would read them.
    static func text(of words: [String]) -> String { words.map(shellWord).joined(separator: " ") }

    /// A word as a shell would read it.
    private static func shellWord(_ word: String) -> String {
        let isPlain = word.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"):
                true
            default: "-_./=:,+@%".utf8.contains(byte)
            }
        }
        return isPlain && !word.isEmpty
            ? word
            : "'" + word.split(separator: "'", omittingEmptySubsequences: false).joined(separator: "'\\''")
                + "'"
    }
}
