package dev.restbus.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** What the pages name is there. */
class DocsTest {

    private static final Pattern LINK = Pattern.compile("\\]\\(([^)#:]+)\\)");
    private static final Pattern TYPE = Pattern.compile("`(?:[a-z]+\\.)*([A-Z]\\w*[a-z]\\w*)");
    private static final Pattern INVARIANT =
            Pattern.compile("^\\| I\\d+ \\| `(\\w+)`", Pattern.MULTILINE);

    /** Named on the pages, and not types of this project. */
    private static final Set<String> OTHERS = Set.of("Host", "Origin", "Authorization", "Test");

    @Test
    void everyLinkLeadsToAFile() throws IOException {
        for (Path page : pages()) {
            Matcher link = LINK.matcher(Checkout.read(page));
            while (link.find()) {
                assertThat(page.resolveSibling(link.group(1))).as("in %s", page).exists();
            }
        }
    }

    @Test
    void everyTypeThatIsNamedExists() {
        Set<String> types =
                Stream.of("src/main/java", "src/test/java")
                        .flatMap(folder -> Checkout.sources(folder).stream())
                        .map(file -> file.getFileName().toString().replace(".java", ""))
                        .collect(Collectors.toSet());
        for (String name : List.of("README.md", "ARCHITECTURE.md", "CONTRIBUTING.md")) {
            String page = Checkout.read(Checkout.ROOT.resolve(name));
            Set<String> named = all(TYPE, page);
            named.removeAll(all(INVARIANT, page));
            named.removeAll(OTHERS);
            assertThat(types).as(name).containsAll(named);
            assertThat(named).as(name).isNotEmpty();
        }
    }

    @Test
    void theArchitectureListsEveryDecision() throws IOException {
        String page = Checkout.read(Checkout.ROOT.resolve("ARCHITECTURE.md"));
        for (Path decision : pages()) {
            if (decision.getParent().endsWith("adr")) {
                assertThat(page).contains("docs/adr/" + decision.getFileName());
            }
        }
    }

    private static Set<String> all(Pattern pattern, String page) {
        Set<String> found = new TreeSet<>();
        Matcher matcher = pattern.matcher(page);
        while (matcher.find()) {
            found.add(matcher.group(1));
        }
        return found;
    }

    private static List<Path> pages() throws IOException {
        try (Stream<Path> top = Files.list(Checkout.ROOT);
                Stream<Path> docs = Files.walk(Checkout.ROOT.resolve("docs"))) {
            return Stream.concat(top, docs)
                    .filter(file -> file.toString().endsWith(".md"))
                    .toList();
        }
    }
}
