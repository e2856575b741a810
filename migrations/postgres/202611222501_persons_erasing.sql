-- Erasures that were begun and aren't over: a server looks for them every few seconds.
CREATE INDEX person_restrictions_erasing ON person_restrictions (programme, restriction) WHERE state = 'ERASING';
