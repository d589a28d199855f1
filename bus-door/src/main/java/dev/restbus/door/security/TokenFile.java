package dev.restbus.door.security;

import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.SecureRandom;
import java.util.EnumSet;
import java.util.HexFormat;
import java.util.Set;

/** A bearer token in a file that only its owner can read. */
final class TokenFile {

    private static final int TOKEN_BYTES = 32;
    private static final Set<PosixFilePermission> OWNER =
            EnumSet.of(PosixFilePermission.OWNER_READ, PosixFilePermission.OWNER_WRITE);

    private TokenFile() {}

    /**
     * Reads the token, after making the file if there is none.
     *
     * @throws StartRefused if others may read the file, or it is empty or cannot be read
     */
    static String read(Path file) {
        try {
            create(file);
            if (!OWNER.containsAll(Files.getPosixFilePermissions(file))) {
                throw new StartRefused(
                        "others may read the token in " + file + ": chmod 600 " + file);
            }
            String token = Files.readString(file).trim();
            if (token.isEmpty()) {
                throw new StartRefused("there is no token in " + file);
            }
            return token;
        } catch (IOException e) {
            throw new StartRefused("the token file " + file + " cannot be used: " + e);
        }
    }

    private static void create(Path file) throws IOException {
        byte[] random = new byte[TOKEN_BYTES];
        new SecureRandom().nextBytes(random);
        try {
            Files.createFile(file, PosixFilePermissions.asFileAttribute(OWNER));
        } catch (FileAlreadyExistsException e) {
            return;
        }
        Files.writeString(file, HexFormat.of().formatHex(random) + "\n");
    }
}
