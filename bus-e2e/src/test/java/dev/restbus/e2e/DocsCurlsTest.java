package dev.restbus.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.MappingIterator;
import tools.jackson.databind.json.JsonMapper;

/**
 * The reference is true: the shell blocks of each page run from top to bottom on a bus of its own,
 * and the JSON shown behind one has the members of what its last call answered. No call may be
 * answered with an error, but where the JSON behind it is a problem.
 */
class DocsCurlsTest {

    private static final JsonMapper JSON = new JsonMapper();

    @TempDir Path folder;

    static Stream<Path> pagesWithCalls() {
        return pages().filter(page -> blocks(page).stream().anyMatch(DocsCurlsTest::isShell));
    }

    @ParameterizedTest
    @MethodSource("pagesWithCalls")
    void everyBlockWorksAsPrinted(Path page) throws Exception {
        List<FencedBlock> blocks = blocks(page);
        try (BusProcess bus = BusProcess.start(folder.resolve("data"));
                ShellSession session = ShellSession.at(folder, bus.url().getPort())) {
            for (int i = 0; i < blocks.size(); i++) {
                if (isShell(blocks.get(i))) {
                    run(session, blocks.get(i), shownBehind(blocks, i));
                }
            }
        }
    }

    @Test
    void everyCallStandsInAShellBlock() {
        assertThat(pagesWithCalls()).hasSizeGreaterThan(2);
        assertThat(pages().flatMap(page -> blocks(page).stream()))
                .filteredOn(block -> block.text().contains("curl "))
                // An answer that is shown may hold a hint.
                .filteredOn(block -> !block.language().equals("json"))
                .allMatch(DocsCurlsTest::isShell);
    }

    private static void run(ShellSession session, FencedBlock block, JsonNode shown)
            throws Exception {
        if (shown == null) {
            session.run(block.text());
            return;
        }
        boolean refused = shown.has("code");
        String printed = refused ? session.runRefused(block.text()) : session.run(block.text());
        JsonNode answer = last(printed);
        assertThat(shape(answer)).as("%s%n%s", block.text(), printed).isEqualTo(shape(shown));
        if (refused) {
            assertThat(answer.get("code")).as(block.text()).isEqualTo(shown.get("code"));
        }
    }

    /** The JSON in the block behind this one; null for none. */
    private static JsonNode shownBehind(List<FencedBlock> blocks, int index) {
        boolean any = index + 1 < blocks.size() && blocks.get(index + 1).language().equals("json");
        return any ? JSON.readTree(blocks.get(index + 1).text()) : null;
    }

    /** Of several calls in one block the last. */
    private static JsonNode last(String printed) throws IOException {
        JsonNode last = null;
        try (MappingIterator<JsonNode> all = JSON.readerFor(JsonNode.class).readValues(printed)) {
            while (all.hasNext()) {
                last = all.next();
            }
        }
        return last;
    }

    /** The members, and of an array those of its first element; no values. */
    private static String shape(JsonNode node) {
        if (node.isObject()) {
            List<String> members = new ArrayList<>();
            for (String name : new TreeSet<>(node.propertyNames())) {
                members.add(name + ":" + shape(node.get(name)));
            }
            return members.toString();
        }
        if (node.isArray()) {
            return node.isEmpty() ? "()" : "(" + shape(node.get(0)) + ")";
        }
        return node.getNodeType().toString();
    }

    private static boolean isShell(FencedBlock block) {
        return block.language().equals("shell");
    }

    private static List<FencedBlock> blocks(Path page) {
        return FencedBlock.in(Checkout.read(page));
    }

    private static Stream<Path> pages() {
        return Stream.of("docs/reference", "docs/operating")
                .flatMap(name -> files(Checkout.ROOT.resolve(name)));
    }

    private static Stream<Path> files(Path folder) {
        try (Stream<Path> files = Files.list(folder)) {
            return files.sorted().toList().stream();
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }
}
