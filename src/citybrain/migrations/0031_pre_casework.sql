-- A task that a scenario issues says what to do in both languages; what a person wrote stands as it was written.
ALTER TABLE task ADD COLUMN title_en text, ADD COLUMN note_en text;
