package dev.restbus.e2e;

import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A fenced block of a Markdown page.
 *
 * @param language what follows the opening fence, or nothing
 * @param text the lines between the fences, without the last line end
 */
record FencedBlock(String language, String text) {

    private static final Pattern FENCED =
            Pattern.compile("^```(\\w*)\\n(.*?)\\n```$", Pattern.MULTILINE | Pattern.DOTALL);

    /** All of a page, in order. */
    static List<FencedBlock> in(String page) {
        List<FencedBlock> blocks = new ArrayList<>();
        Matcher matcher = FENCED.matcher(page);
        while (matcher.find()) {
            blocks.add(new FencedBlock(matcher.group(1), matcher.group(2)));
        }
        return blocks;
    }
}
