import Testing

@testable import Lab

/// Where the program finds the kernel recipe and the guests' programs.
struct InstallationTests {
    private static func find(_ program: String, home: String? = nil, files: Set<String>) throws(RunError)
        -> Installation
    {
        try Installation.find(program: program, home: home, exists: files.contains)
    }

    private static func recipe(_ folder: String) -> Set<String> {
        Set(["build", "guest", "fragment.config"].map { "\(folder)/Kernel/\($0)" })
    }

    private static func guests(_ folder: String) -> Set<String> {
        ["\(folder)/almanac-init", "\(folder)/almanac-entropy.so"]
    }

    @Test(arguments: ["/usr", "/opt/with a space", "/a/b/c", ""])
    func installed(prefix: String) throws {
        let files = Self.recipe("\(prefix)/share/almanac").union(Self.guests("\(prefix)/lib/almanac"))
        let found = try Self.find("\(prefix)/bin/almanac", files: files)
        #expect(found.recipe == "\(prefix)/share/almanac/Kernel")
        #expect(found.guestFolder == "\(prefix)/lib/almanac")
        #expect(found.origin == "installed with \(prefix)/bin/almanac")
    }

    @Test func anIncompleteFolderOfGuestsIsNotUsed() throws {
        let files = Self.recipe("/usr/share/almanac").union(["/usr/lib/almanac/almanac-init"])
        #expect(try Self.find("/usr/bin/almanac", files: files).guestFolder == nil)
    }

    @Test func inASourceTree() throws {
        let program = "/home/u/almanac/.build/x86_64/release/almanac"
        let found = try Self.find(program, files: Self.recipe("/home/u/almanac"))
        #expect(found.recipe == "/home/u/almanac/Kernel")
        #expect(found.guestFolder == nil)
        #expect(found.origin == "source tree above \(program)")
    }

    @Test func theVariableComesFirst() throws {
        let files = Self.recipe("/usr/share/almanac").union(Self.recipe("/src"))
        let found = try Self.find("/usr/bin/almanac", home: "/src", files: files)
        #expect(found.recipe == "/src/Kernel")
        #expect(found.origin == "ALMANAC_HOME=/src")
        // An empty value is as none.
        #expect(
            try Self.find("/usr/bin/almanac", home: "", files: files).recipe == "/usr/share/almanac/Kernel")
        // It may name an installation, with its guests' programs.
        let installed = Self.recipe("/p/share/almanac").union(Self.guests("/p/lib/almanac"))
        let other = try Self.find("/tmp/almanac", home: "/p/share/almanac", files: installed)
        #expect(other.guestFolder == "/p/lib/almanac")
    }

    @Test func whatIsMissingIsNamed() {
        let moved = #expect(throws: RunError.self) { try Self.find("/tmp/x/almanac", files: []) }
        #expect(
            moved?.description
                == "the kernel recipe (Kernel/build) is missing: it is neither in /tmp/share/almanac nor in a folder above "
                + "/tmp/x/almanac; install almanac with `make install`, or set ALMANAC_HOME to the folder that holds Kernel"
        )
        let wrong = #expect(throws: RunError.self) {
            try Self.find("/usr/bin/almanac", home: "/src", files: Self.recipe("/usr/share/almanac"))
        }
        #expect(
            wrong?.description
                == "ALMANAC_HOME is /src, but there is no /src/Kernel/build: set it to the source tree, or to "
                + "share/almanac of an installation")
        var files = Self.recipe("/usr/share/almanac")
        files.remove("/usr/share/almanac/Kernel/fragment.config")
        let partial = #expect(throws: RunError.self) { try Self.find("/usr/bin/almanac", files: files) }
        #expect(
            partial?.description
                == "/usr/share/almanac/Kernel/fragment.config is missing (installed with /usr/bin/almanac); install "
                + "almanac again with `make install`")
        for error in [moved, wrong, partial] { #expect(error?.kind == .environment) }
    }
}
